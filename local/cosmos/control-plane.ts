import { type Catalogue, type Database, ownerNotFound } from './catalogue.ts';
import type { DocumentContainer } from './container.ts';
import { readContainerBody, resourceName } from './container-body.ts';
import { accountResource, containerResource, databaseResource, partitionKeyRanges } from './metadata.ts';
import { Refusal } from './refusal.ts';
import { header, json, notBuilt, type WireRequest } from './request.ts';
import { type Answer, answerJson } from './respond.ts';

export interface ControlPorts {
  readonly catalogue: Catalogue;
  /** Address of the endpoint itself. */
  readonly url: string;
}

/**
 * Answers what concerns the account, its databases and containers and not their documents: read, list, create, delete. A
 * throughput is accepted and has no meaning here. These requests are not numbered: no fault or crash point applies to them.
 * Throws `Refusal`. Source: https://learn.microsoft.com/rest/api/cosmos-db/databases, …/collections
 */
export async function answerControl(ports: ControlPorts, request: WireRequest): Promise<Answer> {
  const [root, database, collections, container, ranges, ...rest] = request.segments;
  if (rest.length > 0 || (root !== undefined && root !== 'dbs')) throw notBuilt(request);
  if (header(request.headers, 'x-ms-documentdb-isquery')?.toLowerCase() === 'true') {
    throw notBuilt(request, 'queries for databases and containers');
  }
  if (root === undefined) {
    if (request.method !== 'GET') throw notBuilt(request);
    return answerJson(accountResource(ports.url));
  }
  if (database === undefined) return answerDatabases(ports, request);
  if (collections === undefined) return answerDatabase(ports, request, database);
  if (collections !== 'colls') throw notBuilt(request);
  if (container === undefined) return answerContainers(ports, request, database);
  if (ranges === undefined) return answerContainer(ports, request, database, container);
  if (ranges !== 'pkranges' || request.method !== 'GET') throw notBuilt(request);
  const found = ports.catalogue.database(database)?.containers.get(container);
  if (found === undefined) throw ownerNotFound();
  return answerJson(partitionKeyRanges(found), { etag: '"1"' });
}

const created = (answer: Answer): Answer => ({ ...answer, status: 201 });
const deleted: Answer = { status: 204 };
const notThere = (): Refusal => new Refusal(404, 'Resource Not Found');

function answerOne(resource: ReturnType<typeof databaseResource> | ReturnType<typeof containerResource>): Answer {
  return answerJson(resource, { etag: resource._etag, 'x-ms-request-charge': '1' });
}
const databaseAnswer = (database: Database): Answer => answerOne(databaseResource(database));
const containerAnswer = (container: DocumentContainer): Answer => answerOne(containerResource(container));

async function answerDatabases({ catalogue }: ControlPorts, request: WireRequest): Promise<Answer> {
  switch (request.method) {
    case 'GET': {
      const all = catalogue.databases().map(databaseResource);
      return answerJson({ _rid: '', Databases: all, _count: all.length });
    }
    case 'POST':
      return created(databaseAnswer(await catalogue.createDatabase(resourceName(json(request)))));
    default:
      throw notBuilt(request);
  }
}

async function answerDatabase({ catalogue }: ControlPorts, request: WireRequest, name: string): Promise<Answer> {
  switch (request.method) {
    case 'GET': {
      const database = catalogue.database(name);
      if (database === undefined) throw notThere();
      return databaseAnswer(database);
    }
    case 'DELETE':
      await catalogue.deleteDatabase(name);
      return deleted;
    default:
      throw notBuilt(request);
  }
}

async function answerContainers({ catalogue }: ControlPorts, request: WireRequest, name: string): Promise<Answer> {
  const database = catalogue.database(name);
  if (database === undefined) throw ownerNotFound();
  switch (request.method) {
    case 'GET': {
      const all = [...database.containers.values()].map(containerResource);
      return answerJson({ _rid: databaseResource(database)._rid, DocumentCollections: all, _count: all.length });
    }
    case 'POST':
      return created(containerAnswer(await catalogue.createContainer(name, readContainerBody(json(request)))));
    default:
      throw notBuilt(request);
  }
}

async function answerContainer(
  { catalogue }: ControlPorts,
  request: WireRequest,
  database: string,
  name: string,
): Promise<Answer> {
  switch (request.method) {
    case 'GET': {
      const owner = catalogue.database(database);
      if (owner === undefined) throw ownerNotFound();
      const container = owner.containers.get(name);
      if (container === undefined) throw notThere();
      return containerAnswer(container);
    }
    case 'DELETE':
      await catalogue.deleteContainer(database, name);
      return deleted;
    default:
      throw notBuilt(request);
  }
}
