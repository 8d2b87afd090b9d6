/** Small faults to put into the contracts, found in the compiler's syntax tree. */

/** A node of the Solidity compiler's syntax tree, as far as it is looked at here. */
interface Node {
  readonly nodeType: string;
  /** `start:length:file` in bytes. */
  readonly src: string;
  readonly [key: string]: unknown;
}

/** A fault: `length` bytes of the file from `start` on are replaced. */
export interface Mutant {
  readonly file: string;
  readonly start: number;
  readonly length: number;
  readonly replacement: string;
  /** Kind of the fault. */
  readonly operator: string;
  readonly line: number;
  readonly original: string;
}

const SWAPPED: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "==": "!=",
  "!=": "==",
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "<<": ">>",
  ">>": "<<",
  "|": "&",
  "&": "|",
  "^": "|",
  "&&": "||",
  "||": "&&",
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*=",
  "|=": "&=",
  "&=": "|=",
  "<<=": ">>=",
  ">>=": "<<=",
};

const COMPARISONS = new Set(["<", "<=", ">", ">=", "==", "!="]);

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "nodeType" in value && "src" in value;

const rangeOf = (node: Node): { start: number; length: number; end: number } => {
  const [start = 0, length = 0] = node.src.split(":").map(Number);
  return { start, length, end: start + length };
};

const childrenOf = (node: Node): Node[] =>
  Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );

/** Statements of a block, or the statement that stands in its place. */
const statementsOf = (node: Node): Node[] =>
  node.nodeType === "Block" ? (node["statements"] as Node[]) : [node];

/**
 * All faults of a file, in the order of their places.
 *
 * @param source text of the file
 * @param tree its syntax tree
 */
export function mutantsOf(file: string, source: string, tree: unknown): Mutant[] {
  const bytes = Buffer.from(source);
  const textAt = (start: number, end: number): string => bytes.subarray(start, end).toString();
  const found = new Map<string, Mutant>();

  const put = (operator: string, start: number, end: number, replacement: string): void => {
    const original = textAt(start, end);
    if (original === replacement) return;
    const line = textAt(0, start).split("\n").length;
    const mutant = { file, start, length: end - start, replacement, operator, line, original };
    const key = `${start} ${end} ${replacement}`;
    if (!found.has(key)) found.set(key, mutant);
  };
  const replace = (operator: string, node: Node, replacement: string): void => {
    const { start, end } = rangeOf(node);
    put(operator, start, end, replacement);
  };
  const text = (node: Node): string => {
    const { start, end } = rangeOf(node);
    return textAt(start, end);
  };

  /** Replaces the operator that stands between two operands. */
  const swap = (operator: string, left: Node, right: Node): void => {
    const swapped = SWAPPED[operator];
    const from = rangeOf(left).end;
    const at = textAt(from, rangeOf(right).start).indexOf(operator);
    if (swapped === undefined || at < 0) return;
    const kind = COMPARISONS.has(operator) ? "comparison" : "arithmetic";
    put(kind, from + at, from + at + operator.length, swapped);
  };

  const negate = (condition: unknown): void => {
    if (!isNode(condition)) return;
    // What `comparison` and `negation` do to it anyway.
    if (["==", "!=", "!"].includes(condition["operator"] as string)) return;
    replace("condition", condition, `!(${text(condition)})`);
  };

  /** Removes a statement; its semicolon is not part of it in the tree. */
  const remove = (operator: string, statement: Node): void => {
    const { start, end } = rangeOf(statement);
    const after = textAt(end, end + 1) === ";" ? end + 1 : end;
    put(operator, start, after, "{}");
  };

  const visit = (node: Node): void => {
    switch (node.nodeType) {
      case "InlineAssembly":
      case "ImportDirective":
      case "StructuredDocumentation":
      case "ElementaryTypeName":
      case "ArrayTypeName":
        return;
      case "IfStatement": {
        const body = statementsOf(node["trueBody"] as Node);
        if (body.length === 1 && body[0]?.nodeType === "RevertStatement") {
          remove("check", node["trueBody"] as Node);
          negate(node["condition"]);
          visit(node["condition"] as Node);
          if (isNode(node["falseBody"])) visit(node["falseBody"]);
          return;
        }
        negate(node["condition"]);
        break;
      }
      case "ForStatement":
        // Not the increment: without it the loop would only run out of gas.
        for (const part of ["initializationExpression", "condition", "body"]) {
          if (isNode(node[part])) visit(node[part]);
        }
        return;
      case "Conditional":
        negate(node["condition"]);
        break;
      case "BinaryOperation":
        swap(
          node["operator"] as string,
          node["leftExpression"] as Node,
          node["rightExpression"] as Node,
        );
        break;
      case "Assignment":
        swap(
          node["operator"] as string,
          node["leftHandSide"] as Node,
          node["rightHandSide"] as Node,
        );
        break;
      case "UnaryOperation": {
        const inner = text(node["subExpression"] as Node);
        if (node["operator"] === "!") replace("negation", node, inner);
        if (node["operator"] === "-") replace("negation", node, inner);
        if (node["operator"] === "~") replace("negation", node, inner);
        if (node["operator"] === "++") replace("arithmetic", node, text(node).replace("++", "--"));
        break;
      }
      case "Literal":
        if (node["kind"] === "bool") {
          replace("boolean", node, node["value"] === "true" ? "false" : "true");
        } else if (node["kind"] === "number" && /^\d[\d_]*$/.test(text(node))) {
          const value = BigInt(text(node).replaceAll("_", ""));
          replace("bound", node, String(value + 1n));
          if (value > 0n) replace("bound", node, String(value - 1n));
        }
        break;
      case "EmitStatement":
        remove("event", node);
        return;
      case "ExpressionStatement":
        remove("statement", node);
        break;
      case "RevertStatement":
        remove("check", node);
        return;
      case "Break":
      case "Continue":
        remove("statement", node);
        break;
      case "Return":
        if (isNode(node["expression"])) remove("return", node);
        break;
      case "FunctionDefinition": {
        if (!isNode(node["body"])) return;
        for (const modifier of node["modifiers"] as Node[]) {
          if (modifier["kind"] === "modifierInvocation") replace("modifier", modifier, "");
        }
        visit(node["body"]);
        return;
      }
      case "VariableDeclaration":
        if (isNode(node["value"])) visit(node["value"]);
        return;
      default:
    }
    for (const child of childrenOf(node)) visit(child);
  };
  if (isNode(tree)) visit(tree);
  return [...found.values()].sort((a, b) => a.start - b.start || a.length - b.length);
}

/** The file with the fault in it. */
export function applied(mutant: Mutant, source: string): string {
  const bytes = Buffer.from(source);
  return Buffer.concat([
    bytes.subarray(0, mutant.start),
    Buffer.from(mutant.replacement),
    bytes.subarray(mutant.start + mutant.length),
  ]).toString();
}
