import { describe, expect, it } from 'vitest';
import type { Member } from '@/api/types';
import { keptAdmin } from './roles';

const member = (id: string, role: string, state = 'active') => ({ user: { id }, role, state }) as unknown as Member;

describe('keptAdmin', () => {
  it('keeps the only admin, and only the admin', () => {
    const members = [member('1', 'admin'), member('2', 'editor')];
    expect(keptAdmin(members[0] as Member, members)).toContain('The last admin stays');
    expect(keptAdmin(members[1] as Member, members)).toBeUndefined();
  });

  it('lets one of two admins go, but counts only who can sign in', () => {
    const two = [member('1', 'admin'), member('2', 'admin')];
    expect(keptAdmin(two[0] as Member, two)).toBeUndefined();
    const alone = [member('1', 'admin'), member('2', 'admin', 'disabled')];
    expect(keptAdmin(alone[0] as Member, alone)).toBeDefined();
  });
});
