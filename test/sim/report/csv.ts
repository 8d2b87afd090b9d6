import { writeFile } from "node:fs/promises";

import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { HOURLY, TRADES, TRANSFERS, type Columns } from "../../../sim/report/columns.ts";
import { csvText, readCsv } from "../../../sim/report/csv.ts";
import { TestFiles } from "../../support/files.ts";
import { resultOf } from "../../support/results.ts";

interface Small {
  readonly name: string;
  readonly count: number;
  readonly sure: boolean;
  readonly mode: "a" | "b";
}

const SMALL: Columns<Small> = { name: "text", count: "number", sure: "flag", mode: ["a", "b"] };

const row = (name: string, count = 1): Small => ({ name, count, sure: true, mode: "a" });

const textOf = (rows: readonly Small[], strategy = "s"): string =>
  [...csvText(SMALL, [{ strategy, rows }])].join("");

const HOSTILE = [
  "=cmd|' /C calc'!A0",
  "+1",
  "-1",
  "@SUM(1)",
  "\tx",
  "\rx",
  "＝1+1",
  "'quoted",
  "''",
  'say "hello", twice',
  "two\nlines\r\nof text",
  " blanks ",
  "semi;colon",
  "",
  "Zürich – 東京 🌞",
];

describe("csv", () => {
  const files = new TestFiles();

  const read = async (text: string): Promise<{ strategy: string; row: Small }[]> => {
    await writeFile(files.path("small.csv"), text);
    const rows = [];
    for await (const one of readCsv(files.path("small.csv"), SMALL)) rows.push(one);
    return rows;
  };

  const failure = async (text: string): Promise<string> => {
    try {
      await read(text);
    } catch (error) {
      expect(error).to.be.instanceOf(UserError);
      return (error as UserError).message;
    }
    throw new Error("It was read.");
  };

  it("has a header of `strategy` and the row's keys in order", () => {
    const header = (columns: Columns<never>): string =>
      [...csvText(columns, [])].join("").trimEnd();
    expect(header(HOURLY)).to.equal(
      "strategy,dc,hour,load_wh,pv_wh,direct_wh,charge_wh,discharge_wh,self_discharge_wh,stored_wh,import_wh,export_wh,income_yuan,export_income_yuan,energy_cost_yuan,penalty_yuan,transfer_income_yuan,transfer_cost_yuan,migration_cost_yuan,running_priority,running_other,suspended,waiting,gap_wh",
    );
    expect(header(TRADES)).to.equal(
      "strategy,contract,hour,task,user,dc,cores,core_seconds,energy_wh,bid_yuan_per_kwh,price_yuan_per_kwh,offer_yuan_per_kwh,candidates,priority,deadline_hour,status,delivered_core_seconds,paid_yuan,pv_wh,esd_wh,grid_wh",
    );
    expect(header(TRANSFERS)).to.equal(
      "strategy,transfer,hour,contract,from,to,mode,core_seconds,energy_wh,price_yuan_per_kwh,network_fee_yuan,due_hour,executed_core_seconds,repaid_core_seconds,settled_core_seconds,status,defaulted",
    );
  });

  it("names every field of the rows, and no other", () => {
    const strategy = resultOf({ hours: 20 }).strategies.at(-1)!;
    expect(Object.keys(HOURLY)).to.deep.equal(Object.keys(strategy.hourly[0]!));
    expect(Object.keys(TRADES)).to.deep.equal(Object.keys(strategy.trades[0]!));
    expect(Object.keys(TRANSFERS)).to.deep.equal(Object.keys(strategy.transfers[0]!));
  });

  it("writes the shortest number that reads back as the same", async () => {
    const numbers = [0.1 + 0.2, 1e21, 5e-324, -1.5, 2 ** 53, -0];
    const text = textOf(numbers.map((count) => row("x", count)));
    expect(text.split("\n").slice(1, -1)).to.deep.equal([
      "s,x,0.30000000000000004,true,a",
      "s,x,1e+21,true,a",
      "s,x,5e-324,true,a",
      "s,x,-1.5,true,a",
      "s,x,9007199254740992,true,a",
      "s,x,0,true,a",
    ]);
    const back = (await read(text)).map((one) => one.row.count);
    expect(back).to.deep.equal(numbers.map((count) => (count === 0 ? 0 : count)));
  });

  it("refuses numbers that are not finite, and names the column", () => {
    expect(() => textOf([row("x", Number.NaN)])).to.throw(RangeError, "count");
    expect(() => textOf([row("x", -Infinity)])).to.throw(RangeError, "count");
  });

  it("reads back any text", async () => {
    for (const strategy of HOSTILE) {
      const back = await read(
        textOf(
          HOSTILE.map((name) => row(name)),
          strategy,
        ),
      );
      expect(back.map((one) => one.row.name)).to.deep.equal(HOSTILE);
      expect(new Set(back.map((one) => one.strategy))).to.deep.equal(new Set([strategy]));
    }
  });

  it("gives a spreadsheet nothing to execute", () => {
    for (const name of HOSTILE) {
      const field = textOf([row(name)])
        .split("\n")[1]!
        .slice("s,".length)
        .replace(/^"/, "");
      expect(field).not.to.match(/^[=+\-@\t\r＝＋－＠]/u);
    }
  });

  it("gives long tables in pieces", () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => row("centre", index));
    const pieces = [...csvText(SMALL, [{ strategy: "s", rows }])];
    expect(pieces).to.have.length.above(2);
    expect(Math.max(...pieces.map(({ length }) => length))).to.be.below(300_000);
    expect(pieces.join("").split("\n")).to.have.length(50_002);
  });

  it("says what is wrong with a file, and where", async () => {
    const header = "strategy,name,count,sure,mode\n";
    expect(await failure("strategy,name\n")).to.contain("other columns");
    expect(await failure(`${header}s,x,one,true,a\n`)).to.contain(
      'row 2, column count: cannot read "one"',
    );
    expect(await failure(`${header}s,x,,true,a\n`)).to.contain("column count");
    expect(await failure(`${header}s,x,1,yes,a\n`)).to.contain("column sure");
    expect(await failure(`${header}s,x,1,true,c\n`)).to.contain("column mode");
    expect(await failure(`${header}s,x,1\n`)).to.contain("small.csv");
    expect(await failure(`${header}s,"x,1,true,a\n`)).to.contain("Run the simulation again");
  });

  it("says so if there is no file", async () => {
    const rows = readCsv(files.path("absent.csv"), SMALL);
    const error: unknown = await rows.next().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UserError);
    expect((error as UserError).message).to.contain("absent.csv");
  });
});
