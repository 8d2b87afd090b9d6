/** A check that text is well-formed XML, as strict as a browser that opens an SVG file. */

const TOKEN =
  /<\?xml [^?]*\?>|<!--(?:(?!--)[\s\S])*-->|<(?<close>\/)?(?<name>[A-Za-z][\w:.-]*)(?<attributes>(?:\s+[\w:.-]+="[^"<]*")*)\s*(?<empty>\/)?>|[^<]+/gy;
const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i;
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** @throws Error at the first thing that is not XML */
export function checkXml(text: string): void {
  const open: string[] = [];
  let end = 0;
  let roots = 0;
  if (ENTITY.test(text)) throw new Error("There is an ampersand that begins no entity.");
  if (FORBIDDEN.test(text)) throw new Error("There is a character that XML forbids.");
  for (const token of text.matchAll(TOKEN)) {
    end = token.index + token[0].length;
    const { close, name, attributes = "", empty } = token.groups ?? {};
    if (name === undefined) continue;
    const names = [...attributes.matchAll(/\s([\w:.-]+)=/g)].map(([, one]) => one);
    if (new Set(names).size < names.length) throw new Error(`An attribute is twice in ${token[0]}`);
    if (close !== undefined) {
      if (open.pop() !== name) throw new Error(`</${name}> closes something else.`);
      continue;
    }
    if (open.length === 0) roots += 1;
    if (empty === undefined) open.push(name);
  }
  if (end < text.length) throw new Error(`Not XML: ${text.slice(end, end + 60)}`);
  if (open.length > 0 || roots !== 1) throw new Error(`Not closed: ${open.join(", ")}`);
}
