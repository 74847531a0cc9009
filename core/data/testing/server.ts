/** What the server was asked. */
export interface Asked {
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Headers;
  /** Start of the range asked for, where there is one. */
  readonly from: number | undefined;
}

/** What it answers: a head and a body, byte by byte as given, true or not. */
export interface Answer {
  readonly status?: string;
  readonly headers?: { readonly [name: string]: string | number };
  readonly body?: Uint8Array;
  /** Leaves the connection open and silent after the body. */
  readonly hang?: boolean;
}

/**
 * A server of the test's own, at the level of TCP so that it can lie: about lengths, about ranges, and by cutting the
 * connection. Every connection answers one request.
 */
export async function withServer(
  answer: (asked: Asked) => Answer,
  fn: (url: string, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const log: Asked[] = [];
  const open = new Set<Deno.Conn>();
  const serving = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      await serve(connection, answer, log).catch(() => {});
    }
  })();
  try {
    await fn(`http://127.0.0.1:${listener.addr.port}`, log);
  } finally {
    listener.close();
    await serving;
    for (const connection of open) close(connection);
  }
}

async function serve(connection: Deno.Conn, answer: (asked: Asked) => Answer, log: Asked[]): Promise<void> {
  const lines = (await readHead(connection)).split("\r\n");
  const headers = new Headers();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const range = /^bytes=(\d+)-$/.exec(headers.get("range") ?? "");
  const asked = { path: lines[0]!.split(" ")[1]!, headers, from: range ? Number(range[1]) : undefined };
  log.push(asked);
  const { status = "200 OK", headers: sent = {}, body = new Uint8Array(), hang = false } = answer(asked);
  const head = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await writeAll(connection, new TextEncoder().encode(`HTTP/1.1 ${status}\r\n${head}connection: close\r\n\r\n`));
  await writeAll(connection, body);
  if (!hang) close(connection);
}

async function readHead(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(8192);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const n = await connection.read(buffer);
    if (n === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, n));
  }
  return text;
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** An honest answer with ranges, `upTo` bytes of which are sent before the connection is cut. */
export function rangeAnswer(asked: Asked, file: Uint8Array, etag: string, upTo = file.length): Answer {
  const same = asked.headers.get("if-range") === etag;
  const from = asked.from !== undefined && same ? asked.from : 0;
  if (from >= file.length) {
    return {
      status: "416 Range Not Satisfiable",
      headers: { "content-range": `bytes */${file.length}`, "content-length": 0 },
    };
  }
  const headers = { etag, "content-length": file.length - from };
  const body = file.subarray(from, Math.min(from + upTo, file.length));
  if (from === 0) return { headers, body };
  const range = `bytes ${from}-${file.length - 1}/${file.length}`;
  return { status: "206 Partial Content", headers: { ...headers, "content-range": range }, body };
}
