import type { FeatureView } from '@/api/types';

/** The names of a view's features: published, or as its spec says they will be. */
export function featureNames(view: FeatureView): string[] {
  if (view.features?.length) return view.features.map((feature) => feature.name);
  return (view.spec.aggregates ?? []).flatMap((aggregate) =>
    aggregate.windows.map((window) => `${aggregate.name}_${window}`),
  );
}

export function matches(view: FeatureView, find: string | undefined): boolean {
  if (!find) return true;
  const text = [view.name, view.spec.entity ?? '', view.spec.description ?? '', view.owner, ...featureNames(view)]
    .join(' ')
    .toLowerCase();
  return text.includes(find.toLowerCase());
}
