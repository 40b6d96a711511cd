import { answer, api } from './client';

export const deleteSession = () => answer<void>(api.DELETE('/api/v1/session'));
