import type { Provider } from '../providers/registry.ts';
import type { VisibleRow } from './integration-row.ts';

export interface PipelineReadiness {
  readonly id: string;
  readonly ready: boolean;
  /** What the user has to add first. */
  readonly missing?: readonly string[];
}

/** Which of the provider's pipelines can run with this integration. */
export function pipelineReadiness(row: VisibleRow, { pipelines }: Provider): PipelineReadiness[] {
  return pipelines.map(({ id, needs }) => {
    const missing = [
      ...(row.validation_status === 'VALID'
        ? []
        : [`A credential that passes its test; it is ${row.validation_status}.`]),
      ...needs
        .filter(({ metadata }) => metadata.every((field) => row.metadata[field] === undefined))
        .map(({ missing: text }) => text),
    ];
    return missing.length === 0 ? { id, ready: true } : { id, ready: false, missing };
  });
}
