import { Link } from '@tanstack/react-router';
import { paths } from '@/lib/paths';

export function Lost() {
  return (
    <main style={{ padding: 24 }}>
      <h1 style={{ fontSize: 20, margin: '0 0 8px' }}>There is no page at this address</h1>
      <p>
        It may have been renamed or deleted. <Link to={paths.projects()}>All projects</Link>
      </p>
    </main>
  );
}
