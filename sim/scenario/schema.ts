/**
 * What a scenario says, with the default and its reason for everything that the paper leaves open. The JSON Schema that is
 * published in `docs/scenario.schema.json` is this file's, and so is the type.
 */
import { Type, type Static, type TSchema } from "typebox";
import * as Value from "typebox/value";

const closed = { additionalProperties: false };

/** A number with its range, unit and reason. */
const number = (minimum: number, maximum: number, value: number, description: string) =>
  Type.Number({ minimum, maximum, default: value, description });

const integer = (minimum: number, maximum: number, value: number, description: string) =>
  Type.Integer({ minimum, maximum, default: value, description });

const flag = (value: boolean, description: string) => Type.Boolean({ default: value, description });

const choice = <const T extends string>(values: readonly T[], value: T, description: string) =>
  Type.Unsafe<T>(Type.Enum([...values], { default: value, description }));

const section = <T extends Record<string, TSchema>>(properties: T, description: string) =>
  Type.Object(properties, { ...closed, default: {}, description });

/** Ten places within about 150 km of Nantes. */
const SITES = [
  { name: "Nantes", latitude: 47.218, longitude: -1.554 },
  { name: "Saint-Nazaire", latitude: 47.274, longitude: -2.214 },
  { name: "Angers", latitude: 47.478, longitude: -0.563 },
  { name: "Rennes", latitude: 48.117, longitude: -1.678 },
  { name: "Vannes", latitude: 47.658, longitude: -2.761 },
  { name: "La Roche-sur-Yon", latitude: 46.67, longitude: -1.426 },
  { name: "Cholet", latitude: 47.06, longitude: -0.879 },
  { name: "Laval", latitude: 48.073, longitude: -0.77 },
  { name: "Niort", latitude: 46.324, longitude: -0.459 },
  { name: "La Rochelle", latitude: 46.16, longitude: -1.151 },
];

const Site = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 40 }),
    latitude: Type.Number({ minimum: -90, maximum: 90, description: "Degrees, north positive" }),
    longitude: Type.Number({ minimum: -180, maximum: 180, description: "Degrees, east positive" }),
  },
  closed,
);

const Microgrids = section(
  {
    count: integer(
      1,
      10_000,
      10,
      "How many microgrids; the paper, section 4: 10. Beyond the list of sites, sites are used again with weather of their own",
    ),
    dataCentres: integer(1, 20, 3, "Data centres in each microgrid; the paper: 3"),
    sites: Type.Array(Site, {
      minItems: 1,
      default: SITES,
      description:
        "Where the microgrids lie. The paper says only that they are distributed; these lie around its PV plant, near enough for one tariff and far enough apart for weather of their own",
    }),
  },
  "The microgrids",
);

const Server = section(
  {
    count: integer(
      1,
      150,
      5,
      "Servers in each data centre; the paper, sections 1 and 4: 5, up to 150",
    ),
    cores: integer(1, 1024, 6, "Cores of a server; the paper: a 6-core Xeon E5-2630"),
    memoryGb: number(1, 16_384, 32, "Memory of a server, GB; the paper: 32"),
    powerW: Type.Array(Type.Number({ minimum: 0 }), {
      minItems: 2,
      maxItems: 101,
      default: [97, 152, 170, 188, 201, 220],
      description:
        "Power of a server at utilisations in equal steps from 0 to 100 %, W, not falling; linear in between. The paper, section 4: a Dell PowerEdge R720, measured on Grid'5000",
    }),
    switchOffIdle: flag(
      true,
      "Whether servers without work are switched off. The paper does not say; a server that idles would take 44 % of its full power for nothing",
    ),
    coolingW: number(
      0,
      10_000,
      10,
      "Constant power of a data centre's cooling, W; the paper: free cooling plus a small air conditioner, a small figure. It has a switch of its own",
    ),
  },
  "The servers of a data centre",
);

const Plant = section(
  {
    panels: integer(0, 100_000, 8, "PV panels of each data centre; the paper, section 4: 8"),
    panelW: number(1, 2000, 240, "Peak power of a panel, W; the paper: HIP-240, 240 W"),
    inverterW: number(
      1,
      10_000_000,
      1200,
      "Rated AC power of the inverter, W, above which it clips; the paper: SMA Sunny Boy 1200",
    ),
    inverterEfficiency: number(
      0.5,
      1,
      0.92,
      "Efficiency of the inverter; the data sheet's 92 % at most, 91 % European",
    ),
    losses: number(
      0,
      0.9,
      0.1,
      "Share of the DC power that soiling, wiring, mismatch and heat take; 10 % is usual for a cool climate",
    ),
    tiltDegrees: number(
      0,
      90,
      30,
      "Tilt of the panels from the horizontal; near the yearly optimum at this latitude",
    ),
    azimuthDegrees: number(
      0,
      360,
      180,
      "Where the panels look, degrees from north over east; 180 is south",
    ),
    albedo: number(0, 1, 0.2, "Share of the light that the ground reflects"),
  },
  "The PV plant of each data centre",
);

const Pv = section(
  {
    file: Type.Optional(
      Type.String({
        description:
          "File with measured PV output or irradiance, relative to the scenario's; without one, the clear-sky model with seeded clouds",
      }),
    ),
    peakW: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description:
          "Peak power of the plant that the file was measured at, W, to scale its output to this plant's; without it, watts are taken as they are",
      }),
    ),
    timeZone: Type.Optional(
      Type.String({
        description:
          "IANA time zone of times that are written without one, such as Europe/Amsterdam; UTC if absent",
      }),
    ),
    year: Type.Optional(
      Type.Integer({
        minimum: 1900,
        maximum: 2200,
        description: "Take the run's days from this year of the file instead of the run's own",
      }),
    ),
    clearness: number(
      0,
      1,
      0.72,
      "Mean share of the clear sky's irradiance that the clouds let through; the paper calls its week mostly sunny",
    ),
    clearnessSpread: number(
      0,
      0.5,
      0.18,
      "How far the share varies around its mean (standard deviation of an hour)",
    ),
    clearnessMemoryHours: number(
      0,
      48,
      5,
      "After how many hours the weather has forgotten itself (time constant of the autocorrelation)",
    ),
    regionalShare: number(
      0,
      1,
      0.5,
      "How much of the weather all microgrids have in common; 1: the same clouds everywhere",
    ),
    forecast: choice(
      ["smart-persistence", "persistence", "perfect"],
      "smart-persistence",
      "How the next hours are forecast: the last clear-sky index goes on, the last output goes on, or nothing is unknown",
    ),
  },
  "The sun",
);

const Battery = section(
  {
    capacityWh: number(
      0,
      10_000_000,
      1000,
      "Capacity C of each data centre's ESD, Wh; 0: none. The paper calls it small and gives no figure; 1 kWh is about one hour of the plant's peak output",
    ),
    chemistry: choice(
      ["lithium-ion", "lead-acid", "custom"],
      "lithium-ion",
      "Rows of the paper's table, section 1.2, which uses lithium-ion; or custom",
    ),
    initialShare: number(
      0,
      1,
      0,
      "State of charge at the start, share of the highest; 0, so that nothing is used that the week's sun did not give",
    ),
    depthOfDischarge: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description: "Custom chemistry: η, share of the capacity that is used",
      }),
    ),
    chargeRatePerHour: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 100,
        description: "Custom chemistry: λ, charge per hour over capacity",
      }),
    ),
    efficiency: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description: "Custom chemistry: σ, energy stored over energy taken",
      }),
    ),
    selfDischargePerDay: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: "Custom chemistry: self-discharge per day over capacity",
      }),
    ),
    dischargeToChargeRate: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1000,
        description: "Custom chemistry: discharge rate over charge rate",
      }),
    ),
  },
  "The energy storage device (ESD) of each data centre",
);

const TaskClass = (
  count: number,
  hours: number,
  slack: number,
  low: number,
  high: number,
  of: string,
) =>
  section(
    {
      count: integer(0, 10_000_000, count, `How many ${of} tasks; the paper, section 4: ${count}`),
      meanHours: number(0.1, 1000, hours, `Their mean duration, hours; the paper: ${hours}`),
      meanSlackHours: number(
        0,
        1000,
        slack,
        "Mean time that they can wait beyond the least that the auction takes (exponentially distributed), hours. The paper says only which tasks tolerate delay; half a day lets most work of a night reach the sun",
      ),
      lowestMaxPrice: number(
        0,
        100,
        low,
        "Least that a user will pay at most, yuan per kWh. A user can always have the grid's energy elsewhere, so nobody's limit is below its price",
      ),
      highestMaxPrice: number(0, 100, high, "Most that a user will pay at most, yuan per kWh"),
    },
    `The ${of} tasks of the generated workload`,
  );

const Tasks = section(
  {
    file: Type.Optional(
      Type.String({
        description:
          "File with a workload, relative to the scenario's; without one, tasks are generated",
      }),
    ),
    startSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        description:
          "Where in the file the run begins, seconds from its first submission, or from 0 in our own format; without it, where most tasks are submitted in the run's time, and the import says where that is, or at 0 in our own format",
      }),
    ),
    oversize: choice(
      ["split", "drop"],
      "split",
      "What becomes of tasks of a file that no server can hold: several tasks of a server's size, or left out",
    ),
    users: integer(1, 1_000_000, 100, "How many users submit the tasks"),
    priority: TaskClass(787, 12, 0, 1.2, 1.6, "priority"),
    deferrable: TaskClass(3148, 6, 12, 1.1, 1.5, "non-priority"),
    coreShares: Type.Array(
      Type.Object(
        { cores: Type.Integer({ minimum: 1, maximum: 1024 }), share: Type.Number({ minimum: 0 }) },
        closed,
      ),
      {
        minItems: 1,
        default: [
          { cores: 1, share: 0.45 },
          { cores: 2, share: 0.35 },
          { cores: 4, share: 0.2 },
        ],
        description:
          "How many cores generated tasks have, with what share. The paper: each task with its own demand; with these the week asks for about a third of all cores",
      },
    ),
    memoryGbPerCore: number(0.1, 64, 2, "Memory of a generated task per core, GB"),
    dailySwing: number(
      0,
      1,
      0.5,
      "How much more is submitted at the busiest hour (14:00 UTC) than on average, and less at the quietest; users are awake by day",
    ),
  },
  "The workload",
);

const Prices = section(
  {
    pvYuanPerKWh: number(
      0,
      100,
      0.4,
      "What a kWh of PV costs the data centre; the paper, section 4: 0.4",
    ),
    gridYuanPerKWh: number(0, 100, 1, "What a kWh of import costs; the paper, section 4: 1.0"),
    feedInYuanPerKWh: number(
      0,
      100,
      0.1,
      "What a kWh of export earns; the paper says only that it is low: a quarter of what PV costs",
    ),
    margin: number(0, 10, 0.05, "What a data centre adds to its cost, share"),
    migrationYuanPerGb: number(
      0,
      100,
      0.005,
      "Network fee for moving a task's state, yuan per GB; the paper gives none: a small share of public clouds' prices, since the market's network is its members' own",
    ),
    openingBid: number(0, 1, 0.7, "Where a user begins to bid, share of the most that it pays"),
    bidRise: number(
      0,
      1,
      0.15,
      "What a user that was left over adds to its next bid, share of the most that it pays",
    ),
  },
  "What things cost",
);

const Market = section(
  {
    k: integer(
      1,
      8,
      3,
      "Among how many of the cheapest offers one is drawn; the paper, section 2.2: 3. The contracts allow up to 8",
    ),
    sellerShare: number(
      0,
      1,
      0.5,
      "Share of the spread between bid and offer that goes to the seller",
    ),
    relayed: number(
      0,
      1,
      0,
      "Share of users and data centres, drawn by the seed, that sign their plans for a relayer, which sends them in batches and pays the gas, instead of sending transactions of their own",
    ),
  },
  "Rules of the market that a study varies; the others have the contracts' defaults",
);

const Transfers = section(
  {
    mode: choice(
      ["payment", "compute-time", "either"],
      "either",
      "How order transfers are honoured (the paper, section 2.3); either: in compute time if the first data centre expects sun to pay back with, else in money",
    ),
    repaymentHours: integer(1, 168, 24, "Within how many hours compute time is to be repaid"),
  },
  "Order transfers between data centres",
);

const misbehaving = (what: string) => number(0, 1, 0, `Share ${what}`);

const Misbehaviour = section(
  {
    neverReveal: misbehaving(
      "of users and of data centres that never open the plans they sealed. The paper knows only honest parties; who misbehaves, the seed draws, and each has one vice at most",
    ),
    revealLate: misbehaving("of those that open their plans when the window is over"),
    unfunded: misbehaving(
      "of those that take their money out before they open their plans, and pay it in again afterwards",
    ),
    underDeliver: misbehaving("of data centres that do half of each job and drop it"),
    misreport: misbehaving(
      "of data centres whose meters sign readings for hours each day that cannot be right, and the right ones afterwards",
    ),
    stop: misbehaving(
      "of users and data centres that stop for hours each day: they open no plan, and a data centre runs no work, and its meter sends what it read when it is back",
    ),
    spellHours: integer(
      2,
      23,
      6,
      "How long they stop or misreport each day, hours, from a drawn time on; a quarter of the day. With 24 or more the readings of the first hours would come too late for the market",
    ),
  },
  "Who breaks the rules",
);

const Emissions = section(
  {
    gridGramsPerKWh: Type.Union(
      [Type.Number({ minimum: 0 }), Type.Array(Type.Number({ minimum: 0 }), { minItems: 24 })],
      {
        default: 581,
        description:
          "CO₂ per kWh of import, g: a constant, or one value per hour that repeats. The default is China's grid in 2023 by its environment ministry, since the paper's prices are Chinese",
      },
    ),
  },
  "What the grid emits",
);

/** A scenario as its file says it, complete with defaults. */
export const ScenarioSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    name: Type.String({
      minLength: 1,
      maxLength: 60,
      pattern: "^[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N} ._-]*$",
      // In words, for our messages and those of editors.
      patternErrorMessage: "letters, digits, spaces and . _ - only, the first a letter or digit",
      description: "Name of the scenario, and of the folder for its results",
    }),
    seed: integer(0, 2 ** 31 - 1, 1, "Where all randomness begins"),
    start: Type.String({
      default: "2015-06-22T00:00:00Z",
      description: "First hour of the run, UTC; the paper, section 4: the week from 2015-06-22",
    }),
    hours: integer(1, 8784, 168, "Length of the run, hours; the paper: one week"),
    stepMinutes: Type.Enum([60, 30, 15, 10, 5], {
      default: 60,
      description: "Step of the energy balance, minutes; the market's slot stays one hour",
    }),
    strategies: Type.Array(Type.String(), {
      minItems: 1,
      default: [
        "grid-only",
        "contract-only",
        "opportunistic",
        "opportunistic+esd",
        "opportunistic+esd+transfer",
      ],
      description:
        "What is compared: run-now work on the grid alone, the contracts alone, and what the paper adds one after the other",
    }),
    microgrids: Microgrids,
    server: Server,
    plant: Plant,
    pv: Pv,
    battery: Battery,
    tasks: Tasks,
    prices: Prices,
    market: Market,
    transfers: Transfers,
    misbehaviour: Misbehaviour,
    emissions: Emissions,
  },
  { ...closed, title: "heliomarket scenario" },
);

/** A scenario. */
export type Scenario = Static<typeof ScenarioSchema>;

/** A scenario of nothing but defaults, which are the paper's where it gives a figure. */
export const defaultScenario = (name: string): Scenario =>
  Value.Default(ScenarioSchema, { name }) as Scenario;
