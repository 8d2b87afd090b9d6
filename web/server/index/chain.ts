/** Reads blocks with their transactions, receipts and logs by standard JSON-RPC. */
import { resultOf, type Rpc, type RpcAnswer } from "../../../sim/market/rpc.ts";

/** A quantity of JSON-RPC: hexadecimal without leading zeros. */
type Quantity = string;

interface RpcBlock {
  readonly number: Quantity;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: Quantity;
  readonly gasUsed: Quantity;
  readonly gasLimit: Quantity;
  readonly baseFeePerGas?: Quantity;
  readonly miner: string;
  readonly size?: Quantity;
  readonly stateRoot: string;
  readonly transactions: readonly RpcTransaction[];
}

interface RpcTransaction {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly nonce: Quantity;
  readonly type?: Quantity;
  readonly value: Quantity;
  readonly gas: Quantity;
  readonly gasPrice?: Quantity;
  readonly maxFeePerGas?: Quantity;
  readonly maxPriorityFeePerGas?: Quantity;
  readonly input: string;
}

interface RpcReceipt {
  readonly transactionHash: string;
  readonly blockHash: string;
  readonly status?: Quantity;
  readonly contractAddress?: string | null;
  readonly gasUsed: Quantity;
  readonly cumulativeGasUsed: Quantity;
  readonly effectiveGasPrice?: Quantity;
  /** Some clients add the data that a transaction reverted with. */
  readonly revertReason?: string;
  readonly logs: readonly RpcLog[];
}

interface RpcLog {
  readonly logIndex: Quantity;
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/** A block as the index keeps it. */
export interface ChainBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: number;
  readonly gasUsed: number;
  readonly gasLimit: number;
  readonly baseFee: string | null;
  readonly producer: string;
  readonly size: number;
  readonly stateRoot: string;
  readonly transactions: readonly ChainTransaction[];
}

/** A transaction with its receipt. */
export interface ChainTransaction {
  readonly hash: string;
  readonly index: number;
  readonly from: string;
  readonly to: string | null;
  readonly creates: string | null;
  readonly nonce: number;
  readonly type: number;
  readonly value: string;
  readonly gasLimit: number;
  readonly gasPrice: string;
  readonly maxFee: string | null;
  readonly maxPriorityFee: string | null;
  readonly input: string;
  readonly succeeded: boolean;
  readonly gasUsed: number;
  readonly cumulativeGas: number;
  readonly fee: string;
  /** What the receipt says of a failure; most clients say nothing. */
  readonly revertReason: string | null;
  readonly logs: readonly ChainLog[];
}

export interface ChainLog {
  readonly index: number;
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/** The node took the block back, or lost it, while it was read. Reading again helps. */
export class BlockChanged extends Error {
  override readonly name = "BlockChanged";
}

const hex = (value: number): Quantity => `0x${value.toString(16)}`;
const decimal = (value: Quantity | undefined): string | null =>
  value === undefined ? null : BigInt(value).toString();
const lower = (text: string): string => text.toLowerCase();

/** Reads one chain. */
export class ChainReader {
  private readonly rpc: Rpc;
  /** Whether the node has `eth_getBlockReceipts`, which saves a question for each transaction. */
  private blockReceipts = true;

  constructor(rpc: Rpc) {
    this.rpc = rpc;
  }

  /** Number of the latest block. */
  async head(): Promise<number> {
    const [answer] = await this.rpc([{ method: "eth_blockNumber", params: [] }]);
    return Number(resultOf(answer));
  }

  /** Hash of a block; undefined if the node does not have it. */
  async hashOf(number: number): Promise<string | undefined> {
    const [answer] = await this.rpc([
      { method: "eth_getBlockByNumber", params: [hex(number), false] },
    ]);
    return (resultOf(answer) as RpcBlock | null)?.hash;
  }

  /**
   * Blocks `from` to `to` with everything in them.
   *
   * @throws BlockChanged if they do not belong together
   */
  async blocks(from: number, to: number): Promise<ChainBlock[]> {
    const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const answers = await this.rpc(
      numbers.map((number) => ({ method: "eth_getBlockByNumber", params: [hex(number), true] })),
    );
    const blocks = answers.map((answer) => {
      const block = resultOf(answer) as RpcBlock | null;
      if (block === null) throw new BlockChanged();
      return block;
    });
    for (const [i, block] of blocks.entries()) {
      const before = blocks[i - 1];
      if (before !== undefined && block.parentHash !== before.hash) throw new BlockChanged();
    }
    const receipts = await this.receipts(blocks.filter((block) => block.transactions.length > 0));
    return blocks.map((block) => chainBlock(block, receipts));
  }

  private async receipts(blocks: readonly RpcBlock[]): Promise<ReadonlyMap<string, RpcReceipt>> {
    if (blocks.length > 0 && this.blockReceipts) {
      const answers = await this.rpc(
        blocks.map(({ number }) => ({ method: "eth_getBlockReceipts", params: [number] })),
      );
      if (answers.every((answer) => Array.isArray(answer.result)))
        return byHash(answers.flatMap((answer) => answer.result as RpcReceipt[]));
      // A node without the method says so; one that has it and lacks a block answers null.
      this.blockReceipts = answers.every((answer) => answer.error === undefined);
    }
    const hashes = blocks.flatMap(({ transactions }) => transactions.map(({ hash }) => hash));
    const answers = await this.rpc(
      hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
    );
    return byHash(answers.map(receiptOf));
  }
}

function receiptOf(answer: RpcAnswer): RpcReceipt {
  const receipt = resultOf(answer) as RpcReceipt | null;
  if (receipt === null) throw new BlockChanged();
  return receipt;
}

const byHash = (receipts: readonly RpcReceipt[]): Map<string, RpcReceipt> =>
  new Map(receipts.map((receipt) => [receipt.transactionHash, receipt]));

function chainBlock(block: RpcBlock, receipts: ReadonlyMap<string, RpcReceipt>): ChainBlock {
  return {
    number: Number(block.number),
    hash: lower(block.hash),
    parentHash: lower(block.parentHash),
    timestamp: Number(block.timestamp),
    gasUsed: Number(block.gasUsed),
    gasLimit: Number(block.gasLimit),
    baseFee: decimal(block.baseFeePerGas),
    producer: lower(block.miner),
    size: Number(block.size ?? 0),
    stateRoot: lower(block.stateRoot),
    transactions: block.transactions.map((transaction, index) => {
      const receipt = receipts.get(transaction.hash);
      if (receipt?.blockHash !== block.hash) throw new BlockChanged();
      return chainTransaction(transaction, receipt, index);
    }),
  };
}

function chainTransaction(t: RpcTransaction, receipt: RpcReceipt, index: number): ChainTransaction {
  const price = BigInt(receipt.effectiveGasPrice ?? t.gasPrice ?? 0);
  return {
    hash: lower(t.hash),
    index,
    from: lower(t.from),
    to: t.to === null ? null : lower(t.to),
    creates: receipt.contractAddress == null ? null : lower(receipt.contractAddress),
    nonce: Number(t.nonce),
    type: Number(t.type ?? 0),
    value: BigInt(t.value).toString(),
    gasLimit: Number(t.gas),
    gasPrice: price.toString(),
    maxFee: decimal(t.maxFeePerGas),
    maxPriorityFee: decimal(t.maxPriorityFeePerGas),
    input: lower(t.input),
    succeeded: Number(receipt.status ?? 1) === 1,
    gasUsed: Number(receipt.gasUsed),
    cumulativeGas: Number(receipt.cumulativeGasUsed),
    fee: (price * BigInt(receipt.gasUsed)).toString(),
    revertReason: receipt.revertReason ?? null,
    logs: receipt.logs.map((log) => ({
      index: Number(log.logIndex),
      address: lower(log.address),
      topics: log.topics.map(lower),
      data: lower(log.data),
    })),
  };
}
