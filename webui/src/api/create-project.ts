import { answer, api } from './client';
import type { Body, Project } from './types';

export const createProject = (body: Body<'ProjectIn'>) => answer<Project>(api.POST('/api/v1/projects', { body }));
