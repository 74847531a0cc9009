/**
 * Finds plugins by their folders: indexes the YAML cards without importing code, imports only what is chosen.
 *
 * @module
 */
import { fromFileUrl, join, toFileUrl } from "@std/path";
import { type PluginKind, readCard } from "./card.ts";
import { InputError, messageOf, suggest } from "./errors.ts";
import type { BackbonePlugin, BenchmarkPlugin, Card, MethodPlugin } from "./types.ts";

/** A folder whose card cannot be used, and why. */
export interface BrokenCard {
  readonly kind: PluginKind;
  readonly name: string;
  readonly reason: string;
}

/** Plugin type by kind. */
export interface PluginOf {
  method: MethodPlugin;
  backbone: BackbonePlugin;
  benchmark: BenchmarkPlugin;
}

/** The project's own folder, where `methods/`, `backbones/` and `benchmarks/` lie. */
export const projectRoot: string = fromFileUrl(new URL("../", import.meta.url)).replace(/[\\/]$/, "");

/** The index of all plugins. */
export class Registry {
  private constructor(readonly cards: readonly Card[], readonly broken: readonly BrokenCard[]) {}

  /** Indexes the folders below `root`; a folder whose name starts with `_` or `.` is no plugin. */
  static async open(root: string = projectRoot): Promise<Registry> {
    const folders: { kind: PluginKind; category: string; name: string; folder: string }[] = [];
    for (const category of await subfolders(join(root, "methods"))) {
      for (const name of await subfolders(join(root, "methods", category))) {
        folders.push({ kind: "method", category, name, folder: join(root, "methods", category, name) });
      }
    }
    for (const kind of ["backbone", "benchmark"] as const) {
      for (const name of await subfolders(join(root, `${kind}s`))) {
        folders.push({ kind, category: "", name, folder: join(root, `${kind}s`, name) });
      }
    }
    const cards: Card[] = [];
    const broken: BrokenCard[] = [];
    await Promise.all(folders.map(async ({ kind, category, name, folder }) => {
      try {
        cards.push(await readCard(kind, folder, name, category));
      } catch (error) {
        broken.push({ kind, name, reason: messageOf(error) });
      }
    }));
    const order = (a: { name: string }, b: { name: string }) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
    cards.sort((a, b) => order({ name: a.category }, { name: b.category }) || order(a, b));
    for (const card of cards) {
      const twin = cards.find((c) => c !== card && c.kind === card.kind && c.name === card.name);
      if (twin !== undefined) {
        broken.push({
          kind: card.kind,
          name: card.name,
          reason: `Cannot tell "${card.folder}" from "${twin.folder}": two ${card.kind}s of one name`,
        });
      }
    }
    return new Registry(
      cards.filter((c) => !broken.some((b) => b.kind === c.kind && b.name === c.name)),
      broken.sort(order),
    );
  }

  /** Cards of one kind, by category and name. */
  list(kind: PluginKind): Card[] {
    return this.cards.filter((card) => card.kind === kind);
  }

  /**
   * The card of a plugin.
   *
   * @throws InputError that suggests the nearest name, or tells why the folder of that name is broken.
   */
  find(kind: PluginKind, name: string): Card {
    const card = this.cards.find((candidate) => candidate.kind === kind && candidate.name === name);
    if (card !== undefined) return card;
    const broken = this.broken.find((candidate) => candidate.kind === kind && candidate.name === name);
    if (broken !== undefined) throw new InputError(broken.reason);
    throw new InputError(`Cannot find ${kind} "${name}"${suggest(name, this.list(kind).map((c) => c.name))}`);
  }

  /**
   * Imports the code of a plugin.
   *
   * @throws InputError when its mod.ts cannot be imported or does not export `{ defaults, build }`.
   */
  async load<K extends PluginKind>(card: Card & { readonly kind: K }): Promise<PluginOf[K]>;
  async load(card: Card): Promise<PluginOf[PluginKind]>;
  async load(card: Card): Promise<PluginOf[PluginKind]> {
    const file = join(card.folder, "mod.ts");
    let module: { default?: Partial<MethodPlugin> };
    try {
      module = await import(toFileUrl(file).href);
    } catch (error) {
      throw new InputError(`Cannot import ${card.kind} "${card.name}" from "${file}": ${messageOf(error)}`, {
        cause: error,
      });
    }
    const plugin = module.default;
    if (typeof plugin?.build !== "function" || typeof plugin.defaults !== "object") {
      throw new InputError(`Cannot use "${file}": its default export must be { defaults, build }`);
    }
    return plugin as PluginOf[PluginKind];
  }
}

async function subfolders(dir: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(dir)) {
      if (entry.isDirectory && !/^[._]/.test(entry.name)) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}
