import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { inputErrorOf, inTempFolder, put, putPicture } from "./testing/benchmark.ts";
import { ImageFolder } from "./image_ref.ts";

Deno.test("ImageFolder.ref() is one object per picture, with an id relative to the root", async () => {
  await inTempFolder(async (folder) => {
    await putPicture(`${folder}/cat/a.png`, 7, 5);
    const images = new ImageFolder(folder);
    const ref = images.ref(`${folder}/cat/a.png`, "list:1", { width: 7, height: 5 });
    assertStrictEquals(images.ref(`${folder}/cat/a.png`, "list:2", { width: 7, height: 5 }), ref);
    assertEquals(ref.id, "cat/a.png");
    const { width, height } = await ref.load();
    assertEquals([width, height], [7, 5]);
  });
});

Deno.test("ImageFolder.ref() of a picture that is not there names list and picture", async () => {
  await inTempFolder((folder) => {
    const images = new ImageFolder(folder);
    const { message } = assertThrows(() => images.ref(`${folder}/no.png`, "list.csv:4"), InputError);
    assertEquals(message, `list.csv:4: names the picture "${folder}/no.png", which does not exist`);
  });
});

Deno.test("a size that disagrees with the file is an error when the picture is loaded", async () => {
  await inTempFolder(async (folder) => {
    await putPicture(`${folder}/a.jpg`, 7, 5);
    const ref = new ImageFolder(folder).ref(`${folder}/a.jpg`, 'p.json: "src_imsize"', { width: 5, height: 7 });
    assertEquals(
      await inputErrorOf(() => ref.load()),
      `p.json: "src_imsize": the size of "a.jpg" is 5x7, the file "${folder}/a.jpg" has 7x5`,
    );
  });
});

Deno.test("two annotations that disagree about a picture's size are an error", async () => {
  await inTempFolder(async (folder) => {
    await putPicture(`${folder}/a.jpg`, 7, 5);
    const images = new ImageFolder(folder);
    images.ref(`${folder}/a.jpg`, "p1.json", { width: 7, height: 5 });
    const { message } = assertThrows(
      () => images.ref(`${folder}/a.jpg`, "p2.json", { width: 7, height: 6 }),
      InputError,
    );
    assertEquals(message, 'p2.json: the size of "a.jpg" is 7x6, elsewhere it is 7x5');
  });
});

Deno.test("ImageFolder.sized() reads the size from the file, and names a file that is none", async () => {
  await inTempFolder(async (folder) => {
    await putPicture(`${folder}/a.png`, 9, 4);
    put(`${folder}/empty.png`, "");
    const images = new ImageFolder(folder);
    assertEquals((await images.sized(`${folder}/a.png`, "l")).size, { width: 9, height: 4 });
    assert((await inputErrorOf(() => images.sized(`${folder}/empty.png`, "l"))).includes("empty.png"));
    assert((await inputErrorOf(() => images.sized(`${folder}/no.png`, "l:3"))).startsWith("l:3: names the picture"));
  });
});
