/** Requests to our own API. The browser's cache makes a repeated one conditional. */

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Address of a path of this deployment, which may lie below a stage of API Gateway. */
export function address(path: string): string {
  return new URL(`${document.documentElement.dataset.root ?? "../"}${path}`, location.href).href;
}

const parsed = new Map<string, { etag: string; document: unknown }>();
const asked = new Map<string, Promise<unknown>>();
const KEPT = 64;

/** A JSON document, asked for once until `lookAgain`. Refused tells what the API says is wrong. */
export function json<T>(path: string, signal?: AbortSignal): Promise<T> {
  const known = asked.get(path);
  if (known) return known as Promise<T>;
  const answer = fetched<T>(path, signal);
  asked.set(path, answer);
  // What failed, or was given up, is asked for again.
  answer.catch(() => asked.get(path) === answer && asked.delete(path));
  if (asked.size > KEPT) asked.delete(asked.keys().next().value!);
  return answer;
}

/** From now on everything is asked for again, conditionally. */
export function lookAgain(): void {
  asked.clear();
}

async function fetched<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(address(path), { cache: "no-cache", ...(signal && { signal }) });
  if (!answer.ok) throw new Refused(answer.status, await detail(answer));
  const etag = answer.headers.get("etag") ?? "";
  const known = parsed.get(path);
  if (known && etag && known.etag === etag) return known.document as T;
  const document = (await answer.json()) as T;
  parsed.delete(path);
  parsed.set(path, { etag, document });
  if (parsed.size > KEPT) parsed.delete(parsed.keys().next().value!);
  return document;
}

async function detail(answer: Response): Promise<string> {
  try {
    const problem = await answer.json();
    return problem.detail ?? problem.title ?? `${answer.status}`;
  } catch {
    return `the API answered ${answer.status}`;
  }
}
