import { describe, expect, it } from 'vitest';
import type { Project } from '@/api/types';
import { refusal } from './Allowed';

const project = {
  role: 'viewer',
  allowed_actions: ['edit'],
  needed_roles: { edit: 'editor', deploy: 'deployer' },
  granted_by: ['ada', 'bob'],
} as unknown as Project;

describe('refusal', () => {
  it('is silent about what the role allows, and until the project is known', () => {
    expect(refusal(project, 'edit')).toBeUndefined();
    expect(refusal(undefined, 'deploy')).toBeUndefined();
  });

  it('names the role and who can grant it', () => {
    expect(refusal(project, 'deploy')).toBe('Needs the role deployer; you are viewer. ada or bob can grant it.');
  });

  it('names a platform admin where the project has no admin who can sign in', () => {
    expect(refusal({ ...project, granted_by: [] }, 'deploy')).toContain('A platform admin can grant it.');
  });
});
