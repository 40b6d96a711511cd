import type { Endpoint } from '@/api/types';
import { StateBadge } from '@/ui';

export function EndpointState({ endpoint }: { endpoint: Endpoint }) {
  if (endpoint.state === 'serving') return <StateBadge as="live">Live</StateBadge>;
  if (endpoint.state === 'deploying')
    return <StateBadge as="running">Deploying {endpoint.target ? `v${endpoint.target.version}` : ''}</StateBadge>;
  return <StateBadge as="empty">Nothing deployed</StateBadge>;
}
