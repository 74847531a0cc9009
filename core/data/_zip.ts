import { type FileEntry, Reader, ZipReader } from "@zip.js/zip.js";
import { type ArchiveSink, UnpackError } from "./_archive_sink.ts";

/** Random access to a file, as zip's directory at the end needs it. */
class FileReader extends Reader<Deno.FsFile> {
  constructor(private readonly file: Deno.FsFile) {
    super(file);
    this.size = file.statSync().size;
  }

  override readUint8Array(offset: number, length: number): Promise<Uint8Array> {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    this.file.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < out.length;) {
      const n = this.file.readSync(out.subarray(at));
      if (n === null) break;
      at += n;
    }
    return Promise.resolve(out);
  }
}

/** Writes the entries of a zip file to the sink; check sums are verified, overlapping entries refused. */
export async function readZip(path: string, sink: ArchiveSink): Promise<void> {
  using file = Deno.openSync(path);
  const zip = new ZipReader(new FileReader(file), {
    useWebWorkers: false,
    checkCrc32: true,
    checkOverlappingEntry: true,
    // The sink judges names itself, to say more than the library does.
    filenameValidation: "tolerant",
  });
  for await (const entry of zip.getEntriesGenerator()) {
    const target = sink.place(entry.filename);
    if (target === undefined) continue;
    if (entry.encrypted) throw new UnpackError(`"${entry.filename}" is encrypted`);
    if (isLink(entry.externalFileAttributes)) sink.leftOut.push(entry.filename);
    else if (entry.directory) sink.folder(target);
    else await (entry as FileEntry).getData(sink.open(target, entry.filename));
  }
  await zip.close();
}

/** The Unix mode is in the upper half of the attributes; 0o12 is a symbolic link. */
function isLink(attributes: number): boolean {
  return ((attributes >>> 28) & 0xf) === 0o12;
}
