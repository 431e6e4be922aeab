// A function loads its own imports and nothing else.
export const functions = {
  'integrations-setup': () => import('./integrations/setup.ts'),
  'integrations-validate': () => import('./integrations/validate.ts'),
  'integrations-list': () => import('./integrations/list.ts'),
  'integrations-get': () => import('./integrations/get.ts'),
  'integrations-update': () => import('./integrations/update.ts'),
  'integrations-delete': () => import('./integrations/delete.ts'),
  validation: () => import('./validation/validation.ts'), // Pub/Sub push
  pipelines: () => import('./pipelines/pipelines.ts'),
  costs: () => import('./costs/costs.ts'),
  providers: () => import('./providers/providers.ts'),
} as const;

export type FunctionName = keyof typeof functions;
