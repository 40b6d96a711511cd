/** Problem details (RFC 9457) as the console carries them: thrown by the fetcher, shown by ErrorState. */

export interface Fault {
  code: string;
  detail: string;
  pointer?: string | null;
}

export interface Problem {
  code?: string;
  title?: string;
  status?: number;
  detail?: string;
  request_id?: string | null;
  errors?: Fault[];
}

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly faults: Fault[];
  readonly problem: Problem;

  constructor(problem: Problem, status: number, requestId = '') {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.problem = { ...problem, status, request_id: problem.request_id ?? requestId };
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.detail = this.message;
    this.requestId = problem.request_id ?? requestId;
    this.faults = problem.errors ?? [];
  }

  /** The message for the field at a JSON pointer, if the answer names one. */
  at(pointer: string): string | undefined {
    return this.faults.find((fault) => fault.pointer === pointer)?.detail;
  }
}

/** Whatever was thrown, as an ApiError: a network failure has status 0. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const detail = 'The platform did not answer. Nothing was changed; see that it runs with "bottega status".';
  return new ApiError({ code: 'unreachable', detail }, 0);
}
