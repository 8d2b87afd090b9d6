import { expect } from "chai";

import { Cell, StateList, StateMap, StateRows, World } from "../../../sim/market/local/world.ts";
import { DEFAULT_PARAMETERS } from "../../../sim/market/parameters.ts";

/** One of each kind of state, with what it holds to begin with. */
function stateOf(world: World) {
  const map = new StateMap<bigint, string>(world);
  const list = new StateList<string>(world);
  const rows = new StateRows(world, 2);
  const cell = new Cell(world, "before");
  const write = (text: string, number: number): void => {
    map.set(1n, text);
    list.set(1n, text);
    rows.change(1);
    rows.put(1, 0, number);
    rows.put(1, 1, -number);
    cell.value = text;
  };
  write("before", 1);
  world.conclude();
  const told = () => [map.get(1n), list.get(1n), rows.get(1, 0), rows.get(1, 1), cell.value];
  return { map, list, rows, write, told };
}

const failing = (action: () => void) => (): never => {
  action();
  throw new Error("refused");
};

describe("state of the local market", () => {
  const BEFORE = ["before", "before", 1, -1, "before"];
  const AFTER = ["after", "after", 2, -2, "after"];
  let world: World;
  let state: ReturnType<typeof stateOf>;

  beforeEach(() => {
    world = new World(DEFAULT_PARAMETERS, DEFAULT_PARAMETERS.genesis);
    state = stateOf(world);
  });

  it("is what it was if a call is refused, however often it was written", () => {
    const call = failing(() => {
      state.write("between", 5);
      state.write("after", 2);
      state.map.delete(1n);
    });
    expect(() => {
      world.atomic(call);
    }).to.throw("refused");
    expect(state.told()).to.deep.equal(BEFORE);
  });

  it("keeps what a call did when a later one is refused", () => {
    world.atomic(() => {
      state.write("after", 2);
    });
    world.conclude();
    const call = failing(() => {
      state.write("later", 3);
    });
    expect(() => {
      world.atomic(call);
    }).to.throw("refused");
    expect(state.told()).to.deep.equal(AFTER);
  });

  it("loses only what a part of a call did if that part is refused", () => {
    world.atomic(() => {
      state.write("after", 2);
      const part = failing(() => {
        state.write("part", 7);
      });
      expect(() => {
        world.atomic(part);
      }).to.throw("refused");
    });
    expect(state.told()).to.deep.equal(AFTER);
  });

  it("forgets what came about in a refused call", () => {
    const call = failing(() => {
      state.map.set(9n, "new");
      state.list.set(9n, "new");
      state.rows.change(9);
      state.rows.put(9, 1, 4);
    });
    expect(() => {
      world.atomic(call);
    }).to.throw("refused");
    expect([state.map.get(9n), state.list.get(9n), state.rows.get(9, 1)]).to.deep.equal([
      undefined,
      undefined,
      0,
    ]);
    expect(state.told()).to.deep.equal(BEFORE);
  });
});
