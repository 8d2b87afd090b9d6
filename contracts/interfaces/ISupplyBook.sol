// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { DeliveryWord } from "../types/DeliveryWord.sol";
import { ParticipantId } from "../types/ParticipantId.sol";
import { SlotId } from "../types/SlotId.sol";
import { SupplyProgressWord, SupplyTermsWord, TradeWord } from "../types/SupplyWords.sol";
import { ContractId, CoreSeconds, Price, Wh } from "../types/Units.sol";

/// @notice States of a supply contract. The last two are ends.
enum SupplyStatus {
    None,
    Running,
    Fulfilled,
    Expired
}

/// @notice A supply contract (the paper, section 2.1).
struct SupplyContract {
    ParticipantId buyer;
    ParticipantId seller;
    address buyerWallet;
    address sellerWallet;
    uint16 cores;
    CoreSeconds coreSeconds;
    /// @dev Energy agreed for the core-seconds.
    Wh energy;
    Price price;
    /// @dev Slot in whose auction the contract was signed.
    SlotId signed;
    /// @dev First and last slot in which deliveries count.
    SlotId firstSlot;
    SlotId deadline;
    bool priority;
    SupplyStatus status;
    /// @dev Whether a part of the work is another data centre's.
    bool handedOver;
    CoreSeconds delivered;
    /// @dev Energy delivered, by source.
    Wh pv;
    Wh esd;
    Wh grid;
    /// @dev What is locked from the buyer for the work not delivered (0 once the contract has ended), and what was paid,
    /// micro-yuan.
    uint256 escrow;
    uint256 paid;
    /// @dev Deposits as they were signed, micro-yuan; none is locked once the contract has ended.
    uint256 buyerDeposit;
    uint256 sellerDeposit;
    /// @dev What the seller would owe the buyer, or owed it, for the work that is not delivered, micro-yuan.
    uint256 penalty;
}

/// @title ISupplyBook
/// @notice The supply contracts between users and data centres. The auction signs them, meter readings pay them. A contract
/// ends fulfilled, when all its core-seconds were delivered, or expired; nothing stays locked in either.
interface ISupplyBook {
    /// @notice A contract was signed.
    /// @param terms packed as in `SupplyTermsWord`
    /// @param progress packed as in `SupplyProgressWord`; holds both deposits
    /// @param trade packed as in `TradeWord`: which bid, which offer, and how many offers the draw was among
    event Signed(
        ContractId indexed contractId,
        ParticipantId indexed buyer,
        ParticipantId indexed seller,
        SupplyTermsWord terms,
        SupplyProgressWord progress,
        TradeWord trade
    );

    /// @notice A meter reading brought a contract forward and paid for it.
    /// @param progress after the delivery, packed as in `SupplyProgressWord`
    /// @param paid to the seller, micro-yuan
    event Delivered(
        ContractId indexed contractId,
        ParticipantId indexed executor,
        SlotId slot,
        SupplyProgressWord progress,
        uint256 paid
    );

    /// @notice A contract was fulfilled.
    /// @param pvShortfallWh how much less energy PV and ESD together gave than was agreed, 0 if no less; the rest came from the
    /// grid, or the work needed less
    event Fulfilled(ContractId indexed contractId, uint256 pvShortfallWh);

    /// @notice A contract was not fulfilled by its deadline.
    event Expired(ContractId indexed contractId, uint256 penalty, uint256 returned);

    /// @notice No contract has this number.
    error UnknownContract(ContractId contractId);

    /// @notice The contract has ended.
    error NotRunning(ContractId contractId, SupplyStatus status);

    /// @notice A delivery outside the contract's slots.
    error OutsideContract(ContractId contractId, SlotId slot, SlotId firstSlot, SlotId deadline);

    /// @notice A delivery of nothing.
    error EmptyDelivery(ContractId contractId);

    /// @notice More core-seconds than the contract's cores can do in a slot.
    error TooFast(ContractId contractId, uint256 coreSeconds, uint256 limit);

    /// @notice More core-seconds than are left for the executor to deliver.
    error BeyondContract(ContractId contractId, uint256 coreSeconds, uint256 left);

    /// @notice The data centre is neither the contract's seller nor does it execute a part handed over to it.
    error ForeignDelivery(ContractId contractId, ParticipantId dataCentre);

    /// @notice Deliveries for the contract can still come.
    error DeadlineNotPassed(ContractId contractId, SlotId deadline);

    /// @notice An order transfer of the contract is open; close that first.
    error TransferOpen(ContractId contractId);

    /// @notice Signs a contract for which the auction has locked escrow and deposits. Auction only.
    function sign(SupplyTermsWord terms, uint256 buyerDeposit, uint256 sellerDeposit, TradeWord trade) external;

    /// @notice Counts and pays the deliveries of one data centre and slot. Meter book only.
    function deliver(ParticipantId dataCentre, SlotId slot, DeliveryWord[] calldata deliveries) external;

    /// @notice Ends a contract that was not fulfilled, as soon as no delivery for it can come any more: the seller's
    /// deposit goes to the buyer in the proportion of what was not delivered, everything else back to whose it was.
    /// Anyone may call.
    function expire(ContractId contractId) external;

    /// @notice Marks that a part of the contract is executed by another data centre, or that it is so no longer.
    /// Transfer book only.
    function setHandedOver(ContractId contractId, bool handedOver) external;

    /// @notice The contract's terms, packed.
    function termsOf(ContractId contractId) external view returns (SupplyTermsWord);

    /// @notice Core-seconds not delivered; 0 unless the contract is running.
    function openCoreSeconds(ContractId contractId) external view returns (uint256);

    /// @notice Everything about a contract.
    function contractOf(ContractId contractId) external view returns (SupplyContract memory);

    /// @notice How many contracts were ever signed; their numbers are 1 to this.
    function contracts() external view returns (uint256);
}
