import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import { Lost } from './Lost';
import { Plain } from './Plain';
import { Shell } from './Shell';

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);
/** Search parameters a page keeps in its address; all are words, unknown ones are dropped. */
const keep =
  (...names: string[]) =>
  (search: Record<string, unknown>): Record<string, string | undefined> =>
    Object.fromEntries(names.map((name) => [name, text(search[name])]));

const root = createRootRoute({ component: Outlet, notFoundComponent: Lost });
const plain = createRoute({ getParentRoute: () => root, id: 'plain', component: Plain });
const signIn = createRoute({
  getParentRoute: () => plain,
  path: '/signin',
  component: lazyRouteComponent(() => import('@/features/sign-in/SignInPage')),
});
const projects = createRoute({
  getParentRoute: () => plain,
  path: '/',
  component: lazyRouteComponent(() => import('@/features/projects/ProjectsPage')),
});
const reference = createRoute({
  getParentRoute: () => plain,
  path: '/reference',
  validateSearch: keep('find', 'call'),
  component: lazyRouteComponent(() => import('@/features/reference/ReferencePage')),
});
const project = createRoute({
  getParentRoute: () => root,
  path: '/projects/$project',
  component: Shell,
  notFoundComponent: Lost,
});
const below = () => project;

const pages = [
  createRoute({
    getParentRoute: below,
    path: '/',
    component: lazyRouteComponent(() => import('@/features/home/HomePage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/own-data',
    validateSearch: keep('upload', 'inspection', 'source', 'target', 'model', 'deploy'),
    component: lazyRouteComponent(() => import('@/features/own-data/OwnDataPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/sources',
    component: lazyRouteComponent(() => import('@/features/data/SourcesPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/tables',
    component: lazyRouteComponent(() => import('@/features/data/TablesPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/tables/$table',
    validateSearch: keep('tab', 'version'),
    component: lazyRouteComponent(() => import('@/features/data/TablePage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/features',
    validateSearch: keep('find'),
    component: lazyRouteComponent(() => import('@/features/catalogue/CataloguePage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/features/$view',
    validateSearch: keep('tab'),
    component: lazyRouteComponent(() => import('@/features/catalogue/ViewPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/runs',
    validateSearch: keep('state'),
    component: lazyRouteComponent(() => import('@/features/runs/RunsPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/runs/$run',
    validateSearch: keep('tab'),
    component: lazyRouteComponent(() => import('@/features/runs/RunPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/models',
    component: lazyRouteComponent(() => import('@/features/models/ModelsPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/models/$model',
    component: lazyRouteComponent(() => import('@/features/models/ModelPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/models/$model/versions/$version',
    validateSearch: keep('tab', 'deploy', 'deployment'),
    component: lazyRouteComponent(() => import('@/features/models/VersionPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/endpoints',
    component: lazyRouteComponent(() => import('@/features/endpoints/EndpointsPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/endpoints/$endpoint',
    validateSearch: keep('range', 'quality'),
    component: lazyRouteComponent(() => import('@/features/endpoints/EndpointPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/schedules',
    validateSearch: keep('new'),
    component: lazyRouteComponent(() => import('@/features/schedules/SchedulesPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/schedules/$schedule',
    component: lazyRouteComponent(() => import('@/features/schedules/SchedulePage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/members',
    component: lazyRouteComponent(() => import('@/features/members/MembersPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/jobs',
    validateSearch: keep('state', 'kind'),
    component: lazyRouteComponent(() => import('@/features/jobs/JobsPage')),
  }),
  createRoute({
    getParentRoute: below,
    path: '/jobs/$job',
    component: lazyRouteComponent(() => import('@/features/jobs/JobPage')),
  }),
];

const tree = root.addChildren([plain.addChildren([signIn, projects, reference]), project.addChildren(pages)]);

export function makeRouter() {
  return createRouter({ routeTree: tree, defaultPreload: 'intent', scrollRestoration: true });
}
