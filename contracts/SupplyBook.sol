// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { IIdentityRegistry } from "./interfaces/IIdentityRegistry.sol";
import { Addresses, IMarketDirectory, Parameters } from "./interfaces/IMarketDirectory.sol";
import { IMeterBook } from "./interfaces/IMeterBook.sol";
import { IReputation } from "./interfaces/IReputation.sol";
import { ISupplyBook, SupplyContract, SupplyStatus } from "./interfaces/ISupplyBook.sol";
import { ITransferBook } from "./interfaces/ITransferBook.sol";
import { IVault } from "./interfaces/IVault.sol";
import { SettlementMath } from "./libraries/SettlementMath.sol";
import { MarketPart } from "./MarketPart.sol";
import { DeliveryWord } from "./types/DeliveryWord.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { SettlementLibrary, SettlementWord } from "./types/SettlementWord.sol";
import { SlotId } from "./types/SlotId.sol";
import { SupplyProgressLibrary, SupplyProgressWord, SupplyTermsWord, TradeWord } from "./types/SupplyWords.sol";
import { ContractId, CoreSeconds, Wh } from "./types/Units.sol";

/// @title SupplyBook
/// @notice Implements {ISupplyBook}, where everything is described.
contract SupplyBook is ISupplyBook, MarketPart {
    /// @dev Two words next to each other, so that one hash finds both.
    struct Entry {
        SupplyTermsWord terms;
        SupplyProgressWord progress;
    }

    IIdentityRegistry private immutable _identities;
    IVault private immutable _vault;
    IReputation private immutable _reputation;
    IMeterBook private immutable _meters;
    ITransferBook private immutable _transfers;
    address private immutable _auction;
    uint256 private immutable _slotSeconds;
    uint256 private immutable _risePerKWh;
    uint256 private immutable _maxRise;

    mapping(ContractId => Entry) private _entries;
    uint40 private _contracts;

    modifier only(address part) {
        if (msg.sender != part) revert NotMarket(msg.sender);
        _;
    }

    /// @param directory_ directory of the market
    constructor(IMarketDirectory directory_) MarketPart(directory_) {
        Addresses memory market = directory_.addresses();
        _identities = IIdentityRegistry(market.identities);
        _vault = IVault(market.vault);
        _reputation = IReputation(market.reputation);
        _meters = IMeterBook(market.meters);
        _transfers = ITransferBook(market.transfers);
        _auction = market.auction;
        Parameters memory p = directory_.parameters();
        _slotSeconds = p.slotSeconds;
        _risePerKWh = p.reputationPerKWh;
        _maxRise = p.maxReputationRise;
    }

    // ---------------------------------------------------------------- life of a contract

    /// @inheritdoc ISupplyBook
    function sign(
        SupplyTermsWord terms,
        uint256 buyerDeposit,
        uint256 sellerDeposit,
        TradeWord trade
    ) external only(_auction) {
        ContractId contractId = ContractId.wrap(++_contracts);
        SupplyProgressWord progress = SupplyProgressLibrary.pack(
            buyerDeposit,
            sellerDeposit,
            uint256(SupplyStatus.Running)
        );
        Entry storage entry = _entries[contractId];
        entry.terms = terms;
        entry.progress = progress;
        emit Signed(contractId, terms.buyer(), terms.seller(), terms, progress, trade);
    }

    /// @inheritdoc ISupplyBook
    function deliver(
        ParticipantId dataCentre,
        SlotId slot,
        DeliveryWord[] calldata deliveries
    ) external only(address(_meters)) {
        SettlementWord[] memory settlements = new SettlementWord[](deliveries.length);
        uint256 own;
        unchecked {
            for (uint256 i; i < deliveries.length; ++i) {
                (ParticipantId seller, SettlementWord settlement) = _deliver(dataCentre, slot, deliveries[i]);
                if (seller == dataCentre) settlements[own++] = settlement;
                else _settleForeign(seller, settlement);
            }
        }
        if (own == 0) return;
        assembly ("memory-safe") {
            mstore(settlements, own) // no longer than it was
        }
        _vault.settleDeliveries(dataCentre, settlements);
    }

    /// @inheritdoc ISupplyBook
    function expire(ContractId contractId) external {
        (Entry storage entry, SupplyTermsWord terms, SupplyProgressWord progress) = _running(contractId);
        if (progress.handedOver()) revert TransferOpen(contractId);
        SlotId deadline = terms.deadline();
        if (!_meters.isFinal(terms.seller(), deadline)) revert DeadlineNotPassed(contractId, deadline);

        entry.progress = progress.withStatus(uint256(SupplyStatus.Expired));
        uint256 penalty = _penalty(terms, progress);
        uint256 returned = _escrow(terms, progress) + progress.buyerDeposit();
        emit Expired(contractId, penalty, returned);

        _vault.settle(terms.seller(), terms.buyer(), penalty, progress.sellerDeposit() - penalty, returned);
        _reputation.penalizeDefault(terms.seller());
    }

    /// @inheritdoc ISupplyBook
    function setHandedOver(ContractId contractId, bool handedOver) external only(address(_transfers)) {
        Entry storage entry = _entries[contractId];
        entry.progress = entry.progress.withHandedOver(handedOver);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ISupplyBook
    function termsOf(ContractId contractId) public view returns (SupplyTermsWord terms) {
        terms = _entries[contractId].terms;
        if (!terms.exists()) revert UnknownContract(contractId);
    }

    /// @inheritdoc ISupplyBook
    function openCoreSeconds(ContractId contractId) external view returns (uint256) {
        Entry storage entry = _entries[contractId];
        SupplyProgressWord progress = entry.progress;
        if (progress.status() != uint256(SupplyStatus.Running)) return 0;
        return CoreSeconds.unwrap(entry.terms.coreSeconds()) - CoreSeconds.unwrap(progress.delivered());
    }

    /// @inheritdoc ISupplyBook
    function contractOf(ContractId contractId) external view returns (SupplyContract memory c) {
        SupplyTermsWord terms = termsOf(contractId);
        SupplyProgressWord progress = _entries[contractId].progress;
        c.buyer = terms.buyer();
        c.seller = terms.seller();
        c.buyerWallet = _identities.walletOf(c.buyer);
        c.sellerWallet = _identities.walletOf(c.seller);
        c.cores = terms.cores();
        c.coreSeconds = terms.coreSeconds();
        c.energy = terms.energy();
        c.price = terms.price();
        c.signed = terms.signed();
        c.firstSlot = terms.firstSlot();
        c.deadline = terms.deadline();
        c.priority = terms.priority();
        c.status = SupplyStatus(progress.status());
        c.handedOver = progress.handedOver();
        c.delivered = progress.delivered();
        c.pv = Wh.wrap(uint32(progress.pv()));
        c.esd = Wh.wrap(uint32(progress.esd()));
        c.grid = Wh.wrap(uint32(progress.grid()));
        c.escrow = c.status == SupplyStatus.Running ? _escrow(terms, progress) : 0;
        c.paid = _earned(terms, progress);
        c.buyerDeposit = progress.buyerDeposit();
        c.sellerDeposit = progress.sellerDeposit();
        c.penalty = _penalty(terms, progress);
    }

    /// @inheritdoc ISupplyBook
    function contracts() external view returns (uint256) {
        return _contracts;
    }

    // ---------------------------------------------------------------- internals

    function _running(
        ContractId contractId
    ) private view returns (Entry storage entry, SupplyTermsWord terms, SupplyProgressWord progress) {
        entry = _entries[contractId];
        terms = entry.terms;
        if (!terms.exists()) revert UnknownContract(contractId);
        progress = entry.progress;
        if (progress.status() != uint256(SupplyStatus.Running)) {
            revert NotRunning(contractId, SupplyStatus(progress.status()));
        }
    }

    /// @dev Counts a delivery.
    /// @return seller who is paid for it
    /// @return settlement what is to be paid and unlocked
    function _deliver(
        ParticipantId dataCentre,
        SlotId slot,
        DeliveryWord delivery
    ) private returns (ParticipantId seller, SettlementWord settlement) {
        ContractId contractId = delivery.contractId();
        (Entry storage entry, SupplyTermsWord terms, SupplyProgressWord before) = _running(contractId);
        _checkDelivery(contractId, terms, before, slot, delivery.coreSeconds());
        seller = terms.seller();
        SupplyProgressWord progress = before.add(
            CoreSeconds.wrap(uint40(delivery.coreSeconds())),
            delivery.pv(),
            delivery.esd(),
            delivery.grid()
        );
        if (before.handedOver() || seller != dataCentre) {
            bool still = _checkExecutor(contractId, terms, before, dataCentre, slot, delivery.coreSeconds());
            progress = progress.withHandedOver(still);
        }
        uint256 paid;
        unchecked {
            paid = _earned(terms, progress) - _earned(terms, before); // which rises
        }
        bool complete = CoreSeconds.unwrap(progress.delivered()) == CoreSeconds.unwrap(terms.coreSeconds());
        if (complete) progress = progress.withStatus(uint256(SupplyStatus.Fulfilled));
        entry.progress = progress;
        emit Delivered(contractId, dataCentre, slot, progress, paid);
        settlement =
            complete
                ? _fulfil(contractId, terms, progress, paid)
                : SettlementLibrary.pack(terms.buyer(), paid, 0, 0, 0);
    }

    /// @dev What was locked for the contract and is not paid goes back with the deposits; both reputations rise.
    function _fulfil(
        ContractId contractId,
        SupplyTermsWord terms,
        SupplyProgressWord progress,
        uint256 paid
    ) private returns (SettlementWord) {
        uint256 agreed = Wh.unwrap(terms.energy());
        unchecked {
            uint256 given = progress.pv() + progress.esd();
            emit Fulfilled(contractId, given < agreed ? agreed - given : 0);
            return
                SettlementLibrary.pack(
                    terms.buyer(),
                    paid,
                    _rest(terms) + progress.buyerDeposit(),
                    progress.sellerDeposit(),
                    SettlementMath.reputationRise(terms.energy(), _risePerKWh, _maxRise)
                );
        }
    }

    /// @dev The seller's own readings settle its tab with the grid; income from another's must not pass it by.
    function _settleForeign(ParticipantId seller, SettlementWord settlement) private {
        SettlementWord[] memory settlements = new SettlementWord[](1);
        settlements[0] = settlement;
        _vault.settleDeliveries(seller, settlements);
        _meters.settleTab(seller);
    }

    function _checkDelivery(
        ContractId contractId,
        SupplyTermsWord terms,
        SupplyProgressWord progress,
        SlotId slot,
        uint256 coreSeconds
    ) private view {
        SlotId firstSlot = terms.firstSlot();
        SlotId deadline = terms.deadline();
        if (slot < firstSlot || slot > deadline) revert OutsideContract(contractId, slot, firstSlot, deadline);
        if (coreSeconds == 0) revert EmptyDelivery(contractId);
        uint256 limit;
        uint256 left;
        unchecked {
            // 16 and 20 bits; no more is delivered than is agreed.
            limit = terms.cores() * _slotSeconds;
            left = CoreSeconds.unwrap(terms.coreSeconds()) - CoreSeconds.unwrap(progress.delivered());
        }
        if (coreSeconds > limit) revert TooFast(contractId, coreSeconds, limit);
        if (coreSeconds > left) revert BeyondContract(contractId, coreSeconds, left);
    }

    /// @dev Of a contract of which a part is handed over the seller delivers the rest, the executor what was handed over to it.
    /// @return whether a part is still another data centre's after this delivery
    function _checkExecutor(
        ContractId contractId,
        SupplyTermsWord terms,
        SupplyProgressWord progress,
        ParticipantId dataCentre,
        SlotId slot,
        uint256 coreSeconds
    ) private returns (bool) {
        if (!progress.handedOver()) revert ForeignDelivery(contractId, dataCentre);
        if (terms.seller() != dataCentre) return !_transfers.execute(contractId, dataCentre, slot, coreSeconds);
        uint256 left = CoreSeconds.unwrap(terms.coreSeconds()) - CoreSeconds.unwrap(progress.delivered());
        left -= _transfers.handedOverCoreSeconds(contractId);
        if (coreSeconds > left) revert BeyondContract(contractId, coreSeconds, left);
        return true;
    }

    function _earned(SupplyTermsWord terms, SupplyProgressWord progress) private pure returns (uint256) {
        return SettlementMath.earnedDown(terms.energy(), terms.price(), progress.delivered(), terms.coreSeconds());
    }

    /// @dev What is still locked for the work: what was locked up, less what was paid down.
    function _escrow(SupplyTermsWord terms, SupplyProgressWord progress) private pure returns (uint256) {
        return SettlementMath.amountUp(terms.energy(), terms.price()) - _earned(terms, progress);
    }

    /// @dev What rounding leaves of the escrow when all is delivered.
    function _rest(SupplyTermsWord terms) private pure returns (uint256) {
        unchecked {
            return
                SettlementMath.amountUp(terms.energy(), terms.price()) -
                SettlementMath.amountDown(terms.energy(), terms.price());
        }
    }

    function _penalty(SupplyTermsWord terms, SupplyProgressWord progress) private pure returns (uint256) {
        uint40 total = CoreSeconds.unwrap(terms.coreSeconds());
        uint40 open = total - CoreSeconds.unwrap(progress.delivered());
        return SettlementMath.shareDown(progress.sellerDeposit(), CoreSeconds.wrap(open), CoreSeconds.wrap(total));
    }
}
