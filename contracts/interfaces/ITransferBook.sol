// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../types/ParticipantId.sol";
import { SlotId } from "../types/SlotId.sol";
import { ContractId, CoreSeconds, Price, TransferId, Wh } from "../types/Units.sol";

/// @notice What a data centre with sun to spare offers to other data centres.
struct Quote {
    Price price;
    /// @dev Energy on offer, Wh; what is taken is deducted.
    Wh energy;
    /// @dev Cores on offer; those of the contracts that are taken are deducted.
    uint16 cores;
    /// @dev First and last slot in which handed-over work can be due.
    SlotId firstSlot;
    SlotId lastSlot;
    /// @dev Longest repayment period that is accepted, slots; 0: payment only.
    uint16 repaymentSlots;
}

/// @notice What a data centre takes of a quote.
struct Order {
    /// @dev Running supply contract of the caller.
    ContractId contractId;
    ParticipantId target;
    /// @dev Part of the contract's work that is handed over.
    CoreSeconds coreSeconds;
    /// @dev Highest price that the caller pays, in case the quote was replaced meanwhile.
    Price maxPrice;
    /// @dev Last slot in which the target can execute the work.
    SlotId due;
    /// @dev 0: payment mode; otherwise compute-time mode, and how many slots after `due` the target has to hand work back.
    uint16 repaymentSlots;
    /// @dev What the migration costs, micro-yuan, for the caller's network operator.
    uint64 networkFee;
}

/// @notice How a transfer is honoured (the paper, section 2.3).
enum TransferMode {
    Payment,
    ComputeTime
}

/// @notice States of a transfer; the last one is the end. `Owing` occurs in compute-time mode only.
enum TransferStatus {
    None,
    Executing,
    Owing,
    Closed
}

/// @notice A contract between two data centres.
struct Transfer {
    /// @dev Who hands over.
    ParticipantId first;
    /// @dev Who executes.
    ParticipantId target;
    ContractId contractId;
    /// @dev Work handed over, and the energy that belongs to it.
    CoreSeconds coreSeconds;
    Wh energy;
    /// @dev Of the target's quote in payment mode; of the supply contract, which is the first data centre's, in
    /// compute-time mode.
    Price price;
    SlotId signed;
    SlotId due;
    /// @dev Last slot in which work can be handed back.
    SlotId periodEnd;
    TransferMode mode;
    TransferStatus status;
    /// @dev Whether the target failed by the due slot.
    bool defaulted;
    ParticipantId networkOperator;
    uint64 networkFee;
    /// @dev The target's deposit, micro-yuan.
    uint64 deposit;
    /// @dev Work that the target has executed, and that was handed back and executed for it.
    CoreSeconds executed;
    CoreSeconds repaid;
    /// @dev Work that was settled in money at the end of compute-time mode.
    CoreSeconds settled;
    /// @dev Contract of the target of which a part is handed back now; 0 if none.
    ContractId returning;
}

/// @notice The part of a supply contract that another data centre executes now.
struct Handover {
    TransferId transferId;
    ParticipantId executor;
    CoreSeconds coreSeconds;
    CoreSeconds executed;
    SlotId from;
    SlotId due;
    /// @dev Whether it is handed back, which reduces the transfer's debt.
    bool isReturn;
}

/// @title ITransferBook
/// @notice The order transfers between data centres. The user of the supply contract keeps its claim on its seller and
/// notices nothing; the executor's readings count as the seller's.
interface ITransferBook {
    /// @notice A data centre's quote was posted, replaced, or (energy 0) withdrawn.
    event Quoted(
        ParticipantId indexed dataCentre,
        Price price,
        Wh energy,
        uint16 cores,
        SlotId firstSlot,
        SlotId lastSlot,
        uint16 repaymentSlots
    );

    /// @notice Work was handed over.
    event Taken(
        TransferId indexed transferId,
        ParticipantId indexed first,
        ParticipantId indexed target,
        Transfer transfer
    );

    /// @notice The target executed work; `paid` went to it and `networkPaid` to the network operator.
    event Executed(TransferId indexed transferId, CoreSeconds coreSeconds, uint256 paid, uint256 networkPaid);

    /// @notice The target handed work of its own back.
    event HandedBack(TransferId indexed transferId, ContractId indexed contractId, CoreSeconds coreSeconds, SlotId due);

    /// @notice The first data centre executed work that was handed back to it.
    event Repaid(TransferId indexed transferId, ContractId indexed contractId, CoreSeconds coreSeconds);

    /// @notice What was handed back was not executed by its due slot; the rest of it is the target's again.
    event ReturnClosed(TransferId indexed transferId, ContractId indexed contractId, CoreSeconds notExecuted);

    /// @notice The target did not execute everything by the due slot.
    event TransferDefaulted(TransferId indexed transferId, CoreSeconds notExecuted, uint256 penalty);

    /// @notice The debt that was left at the end of the period was settled in money.
    event DebtSettled(TransferId indexed transferId, CoreSeconds coreSeconds, uint256 paid);

    /// @notice A transfer ended; nothing is locked for it any more.
    event TransferClosed(TransferId indexed transferId);

    /// @notice A quote without energy, cores or price, or with its slots over or reversed.
    error InvalidQuote();

    /// @notice The data centre has no quote.
    error NoQuote(ParticipantId dataCentre);

    /// @notice New commitments are paused.
    error Paused();

    /// @notice The caller is not the contract's seller.
    error NotSeller(ContractId contractId, ParticipantId caller);

    /// @notice Nobody can hand work over to itself.
    error OwnQuote(ParticipantId dataCentre);

    /// @notice The contract has ended, or a part of it is handed over already.
    error NotTransferable(ContractId contractId);

    /// @notice No core-seconds, or more than are open, owed, or can be done by the due slot on the contract's cores.
    error InvalidShare(uint256 coreSeconds, uint256 limit);

    /// @notice The due slot is past, after the deadline, or outside the quote or the period.
    error InvalidDue(SlotId due, SlotId earliest, SlotId latest);

    /// @notice The quote's price exceeds what the caller pays.
    error PriceAboveLimit(Price price, Price maxPrice);

    /// @notice The quote has too little energy or too few cores.
    error QuoteTooSmall(Wh energy, uint16 cores, Wh neededEnergy, uint16 neededCores);

    /// @notice The target does not accept so long a repayment period.
    error PeriodTooLong(uint16 repaymentSlots, uint16 accepted);

    /// @notice No transfer has this number.
    error UnknownTransfer(TransferId transferId);

    /// @notice The transfer is not in a state in which the call makes sense.
    error WrongStatus(TransferId transferId, TransferStatus status);

    /// @notice The caller is not the transfer's target.
    error NotTarget(TransferId transferId, ParticipantId caller);

    /// @notice Work is being handed back already; one contract at a time.
    error ReturnOpen(TransferId transferId, ContractId contractId);

    /// @notice Nothing is being handed back.
    error NoReturnOpen(TransferId transferId);

    /// @notice The executor's readings up to the due slot can still come.
    error DueNotPassed(TransferId transferId, SlotId due);

    /// @notice The repayment period is not over.
    error PeriodNotOver(TransferId transferId, SlotId periodEnd);

    /// @notice Another data centre executes this part of the contract.
    error NotExecutor(ContractId contractId, ParticipantId dataCentre, ParticipantId executor);

    /// @notice A delivery outside the slots of the handover.
    error OutsideHandover(ContractId contractId, SlotId slot, SlotId from, SlotId due);

    /// @notice More core-seconds than are left of what was handed over.
    error BeyondHandover(ContractId contractId, uint256 coreSeconds, uint256 left);

    /// @notice Posts or replaces the caller's quote and locks its deposit. Caller: an active data centre that could offer
    /// in the auction.
    function quote(Quote calldata newQuote) external;

    /// @notice Withdraws the caller's quote and unlocks its deposit.
    function withdrawQuote() external;

    /// @notice Hands a part of a running supply contract over to the data centre that quoted. Caller: the contract's
    /// seller.
    function take(Order calldata order) external returns (TransferId transferId);

    /// @notice Hands work of the caller's own back in compute-time mode. Caller: the transfer's target and seller of
    /// `contractId`.
    /// @param coreSeconds at most the debt
    /// @param due last slot in which it can be executed, within the period
    function handBack(TransferId transferId, ContractId contractId, CoreSeconds coreSeconds, SlotId due) external;

    /// @notice Closes the execution of a transfer that was not executed by its due slot: the deposit goes to the first data
    /// centre in the proportion of what was not executed. Anyone may call.
    function closeOverdue(TransferId transferId) external;

    /// @notice Closes a return that was not executed by its due slot. Anyone may call.
    function closeReturn(TransferId transferId) external;

    /// @notice Pays what is still owed at the end of the period. Anyone may call.
    function settle(TransferId transferId) external;

    /// @notice Counts a delivery by another data centre than the contract's seller. Supply book only.
    /// @return complete whether all of the part was executed, so that the contract is its seller's alone again
    function execute(
        ContractId contractId,
        ParticipantId dataCentre,
        SlotId slot,
        uint256 coreSeconds
    ) external returns (bool complete);

    /// @notice Core-seconds of the contract that another data centre has still to execute.
    function handedOverCoreSeconds(ContractId contractId) external view returns (uint256);

    /// @notice The part of a contract that another data centre executes now; empty if there is none.
    function handoverOf(ContractId contractId) external view returns (Handover memory);

    /// @notice Everything about a transfer.
    function transferOf(TransferId transferId) external view returns (Transfer memory);

    /// @notice How many transfers were ever signed; their numbers are 1 to this.
    function transfers() external view returns (uint256);

    /// @notice A data centre's quote; empty if there is none.
    function quoteOf(ParticipantId dataCentre) external view returns (Quote memory);

    /// @notice How many data centres ever quoted.
    function quoters() external view returns (uint256);

    /// @notice The cheapest quote that fits among those of the quoters `from` to `from + count - 1`; the earlier quoter wins
    /// a tie.
    /// @param energy needed, Wh
    /// @param cores needed
    /// @param due slot in which the work would be due
    /// @param repaymentSlots 0 for payment mode
    /// @param asker whose own quote is left out; 0 for nobody
    /// @return dataCentre 0 if none fits
    /// @return price of the quote
    function cheapestQuote(
        Wh energy,
        uint16 cores,
        SlotId due,
        uint16 repaymentSlots,
        ParticipantId asker,
        uint256 from,
        uint256 count
    ) external view returns (ParticipantId dataCentre, Price price);
}
