export const RUN_STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'PARTIAL', 'FAILED', 'CANCELLED'] as const;

export type RunState = (typeof RUN_STATES)[number];
export type EndState = Exclude<RunState, 'QUEUED' | 'RUNNING'>;

/** `run_` and 128 bits. */
export const RUN_ID = /^run_[0-9a-f]{32}$/;
