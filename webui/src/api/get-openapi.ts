import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';

/** A JSON schema as the API's description writes it. */
export interface Shape {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
  enum?: unknown[];
  default?: unknown;
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags?: string[];
  parameters?: { in: string; name: string; required?: boolean; description?: string; schema?: Shape }[];
  requestBody?: { content: Record<string, { schema?: Shape }> };
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, { schema?: Shape }> }>;
}

export interface OpenApi {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Shape> };
}

/** The platform's own description of its API; it needs no sign-in and no network. */
export const getOpenApi = () =>
  queryOptions({
    queryKey: ['openapi'],
    queryFn: () => answer<OpenApi>(api.GET('/api/v1/openapi.json')),
    staleTime: Number.POSITIVE_INFINITY,
  });
