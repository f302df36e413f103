import type { HttpFunction } from './functions.ts';
import { compareRoutes, parseRouteTemplate } from './route-template.ts';

/** Finds the function for a method and a decoded path. */
export type FindRoute = (
  method: string,
  segments: readonly string[],
) => { readonly definition: HttpFunction; readonly params: Readonly<Record<string, string>> } | undefined;

/**
 * The routes of an app. A route that matches with another method is passed over, so that an unserved method is answered 404
 * as in Azure. Throws when a template is invalid, or lies under `admin/` or `runtime/`, which the host keeps for itself.
 */
export function routeTable(functions: readonly HttpFunction[], routePrefix: string): FindRoute {
  const routes = functions
    .map((definition) => {
      const own = definition.options.route ?? definition.name;
      const path = [routePrefix, own].map((part) => part.replace(/^\/+|\/+$/g, '')).filter((part) => part !== '');
      const template = parseRouteTemplate(path.join('/'));
      if (/^(admin|runtime)(\/|$)/i.test(template.template)) {
        throw new Error(`function "${definition.name}": the route "${template.template}" is reserved for the host`);
      }
      return { definition, template };
    })
    .sort((a, b) => compareRoutes(a.template, b.template));
  return (method, segments) => {
    for (const { definition, template } of routes) {
      const { methods } = definition.options;
      if (methods.length > 0 && !methods.includes(method)) continue;
      const params = template.match(segments);
      if (params !== undefined) return { definition, params };
    }
    return undefined;
  };
}
