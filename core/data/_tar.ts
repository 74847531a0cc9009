import { createTarDecoder } from "modern-tar";
import type { ArchiveSink } from "./_archive_sink.ts";

/** Writes the entries of a tar file, with or without gzip, to the sink. */
export async function readTar(path: string, gzip: boolean, sink: ArchiveSink): Promise<void> {
  const file = Deno.openSync(path);
  const bytes = gzip ? file.readable.pipeThrough(new DecompressionStream("gzip")) : file.readable;
  // Gzip has a check sum of its own; a plain tar file has only those of its headers.
  const entries = bytes.pipeThrough(createTarDecoder({ strict: !gzip }));
  let found = 0;
  for await (const { header, body } of entries) {
    found++;
    const target = sink.place(header.name);
    if (target !== undefined && header.type === "file") await body.pipeTo(sink.open(target, header.name));
    else {
      if (target !== undefined && header.type === "directory") sink.folder(target);
      else if (target !== undefined) sink.leftOut.push(header.name);
      await body.cancel();
    }
  }
  if (found === 0) throw new Error("no entries: it is no tar file");
}
