// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { IIdentityRegistry, Role } from "./interfaces/IIdentityRegistry.sol";
import { Addresses, IMarketDirectory, Parameters } from "./interfaces/IMarketDirectory.sol";
import { IMeterBook } from "./interfaces/IMeterBook.sol";
import { IReputation, MAX_REPUTATION } from "./interfaces/IReputation.sol";
import { ISlotAuction } from "./interfaces/ISlotAuction.sol";
import { ISupplyBook } from "./interfaces/ISupplyBook.sol";
import {
    Handover,
    ITransferBook,
    Order,
    Quote,
    Transfer,
    TransferMode,
    TransferStatus
} from "./interfaces/ITransferBook.sol";
import { IVault } from "./interfaces/IVault.sol";
import { SettlementMath } from "./libraries/SettlementMath.sol";
import { MarketPart } from "./MarketPart.sol";
import { SlotClock } from "./SlotClock.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { SlotId } from "./types/SlotId.sol";
import { SupplyTermsWord } from "./types/SupplyWords.sol";
import { ContractId, CoreSeconds, Price, TransferId, Wh } from "./types/Units.sol";

/// @title TransferBook
/// @notice Implements {ITransferBook}, where everything is described.
contract TransferBook is ITransferBook, MarketPart, SlotClock {
    IIdentityRegistry private immutable _identities;
    IVault private immutable _vault;
    IReputation private immutable _reputation;
    IMeterBook private immutable _meters;
    ISlotAuction private immutable _auction;
    ISupplyBook private immutable _supply;
    uint256 private immutable _minDepositBps;
    uint256 private immutable _maxDepositBps;

    mapping(ParticipantId dataCentre => Quote) private _quotes;
    /// @dev Rate at which the quote's deposit was locked, basis points.
    mapping(ParticipantId dataCentre => uint256) private _quoteDepositBps;
    mapping(ParticipantId dataCentre => bool) private _hasQuoted;
    ParticipantId[] private _quoters;

    mapping(TransferId => Transfer) private _transfers;
    mapping(ContractId => Handover) private _handovers;
    uint40 private _count;

    /// @param directory_ directory of the market
    constructor(IMarketDirectory directory_) MarketPart(directory_) SlotClock(directory_.parameters()) {
        Addresses memory market = directory_.addresses();
        Parameters memory p = directory_.parameters();
        _identities = IIdentityRegistry(market.identities);
        _vault = IVault(market.vault);
        _reputation = IReputation(market.reputation);
        _meters = IMeterBook(market.meters);
        _auction = ISlotAuction(market.auction);
        _supply = ISupplyBook(market.supply);
        _minDepositBps = p.minDepositBps;
        _maxDepositBps = p.maxDepositBps;
    }

    // ---------------------------------------------------------------- quotes

    /// @inheritdoc ITransferBook
    function quote(Quote calldata newQuote) external {
        if (_auction.paused()) revert Paused();
        ParticipantId dataCentre = _identities.requireActive(msg.sender, Role.DataCentre);
        if (
            Price.unwrap(newQuote.price) == 0 ||
            Wh.unwrap(newQuote.energy) == 0 ||
            newQuote.cores == 0 ||
            newQuote.firstSlot > newQuote.lastSlot ||
            newQuote.lastSlot < currentSlot()
        ) revert InvalidQuote();
        _meters.requireOfferable(dataCentre);

        uint256 released = _quoteDeposit(dataCentre);
        uint256 bps = SettlementMath.depositBps(
            _vault.reputationOf(dataCentre),
            MAX_REPUTATION,
            _minDepositBps,
            _maxDepositBps
        );
        _quotes[dataCentre] = newQuote;
        _quoteDepositBps[dataCentre] = bps;
        if (!_hasQuoted[dataCentre]) {
            _hasQuoted[dataCentre] = true;
            _quoters.push(dataCentre);
        }
        _emitQuoted(dataCentre, newQuote);
        if (released != 0) _vault.unlock(dataCentre, released);
        _vault.lock(dataCentre, _quoteDeposit(dataCentre));
    }

    /// @inheritdoc ITransferBook
    function withdrawQuote() external {
        ParticipantId dataCentre = _identities.participantOf(msg.sender);
        if (Price.unwrap(_quotes[dataCentre].price) == 0) revert NoQuote(dataCentre);
        uint256 released = _quoteDeposit(dataCentre);
        delete _quotes[dataCentre];
        _emitQuoted(dataCentre, _quotes[dataCentre]);
        _vault.unlock(dataCentre, released);
    }

    // ---------------------------------------------------------------- transfers

    /// @inheritdoc ITransferBook
    function take(Order calldata order) external returns (TransferId transferId) {
        if (_auction.paused()) revert Paused();
        ParticipantId first = _identities.requireActive(msg.sender, Role.DataCentre);
        SupplyTermsWord terms = _checkTransferable(first, order.contractId, order.coreSeconds);
        if (order.target == first) revert OwnQuote(first);
        _identities.requireActive(_identities.walletOf(order.target), Role.DataCentre);
        Wh energy = SettlementMath.energyShareUp(terms.energy(), order.coreSeconds, terms.coreSeconds());
        Quote storage quoted = _quotes[order.target];
        _checkQuote(order, quoted, terms, energy);

        transferId = TransferId.wrap(++_count);
        Transfer storage t = _transfers[transferId];
        t.first = first;
        t.target = order.target;
        t.contractId = order.contractId;
        t.coreSeconds = order.coreSeconds;
        t.energy = energy;
        t.price = order.repaymentSlots == 0 ? quoted.price : terms.price();
        t.signed = currentSlot();
        t.due = order.due;
        t.periodEnd = order.due.plus(order.repaymentSlots);
        t.mode = order.repaymentSlots == 0 ? TransferMode.Payment : TransferMode.ComputeTime;
        t.status = TransferStatus.Executing;
        t.networkOperator = ParticipantId.wrap(_meters.siteOf(first).networkOperator);
        t.networkFee = order.networkFee;
        // The quote's deposit covers the transfer's, which is the part by which it falls.
        uint256 deposit = _quoteDeposit(order.target);
        quoted.energy = Wh.wrap(Wh.unwrap(quoted.energy) - Wh.unwrap(energy));
        quoted.cores -= terms.cores();
        deposit -= _quoteDeposit(order.target);
        // At most the value of 2^32 Wh at 2^32 micro-yuan per kWh: 55 bits.
        t.deposit = uint64(deposit);
        _open(order.contractId, transferId, order.target, order.coreSeconds, order.due, false);
        emit Taken(transferId, first, order.target, t);
        _vault.lock(first, SettlementMath.amountUp(energy, t.price) + order.networkFee);
    }

    /// @inheritdoc ITransferBook
    function handBack(TransferId transferId, ContractId contractId, CoreSeconds coreSeconds, SlotId due) external {
        Transfer storage t = _existing(transferId);
        ParticipantId target = _identities.requireActive(msg.sender, Role.DataCentre);
        if (target != t.target) revert NotTarget(transferId, target);
        if (t.mode != TransferMode.ComputeTime || t.status == TransferStatus.Closed) {
            revert WrongStatus(transferId, t.status);
        }
        if (ContractId.unwrap(t.returning) != 0) revert ReturnOpen(transferId, t.returning);
        SupplyTermsWord terms = _checkTransferable(target, contractId, coreSeconds);
        uint256 debt = CoreSeconds.unwrap(t.executed) - CoreSeconds.unwrap(t.repaid);
        if (CoreSeconds.unwrap(coreSeconds) > debt) revert InvalidShare(CoreSeconds.unwrap(coreSeconds), debt);
        SlotId latest = terms.deadline() < t.periodEnd ? terms.deadline() : t.periodEnd;
        _checkDue(terms, coreSeconds, due, currentSlot(), latest);

        t.returning = contractId;
        _open(contractId, transferId, t.first, coreSeconds, due, true);
        emit HandedBack(transferId, contractId, coreSeconds, due);
    }

    /// @inheritdoc ITransferBook
    function closeOverdue(TransferId transferId) external {
        Transfer storage t = _existing(transferId);
        if (t.status != TransferStatus.Executing) revert WrongStatus(transferId, t.status);
        if (!_meters.isFinal(t.target, t.due)) revert DueNotPassed(transferId, t.due);

        CoreSeconds open = CoreSeconds.wrap(CoreSeconds.unwrap(t.coreSeconds) - CoreSeconds.unwrap(t.executed));
        uint256 penalty = SettlementMath.shareDown(t.deposit, open, t.coreSeconds);
        uint256 feeLeft = t.networkFee - _networkPaid(t, t.executed);
        t.defaulted = true;
        t.status = TransferStatus.Owing;
        delete _handovers[t.contractId];
        emit TransferDefaulted(transferId, open, penalty);

        _supply.setHandedOver(t.contractId, false);
        _vault.settle(t.target, t.first, penalty, t.deposit - penalty, feeLeft);
        _reputation.penalizeDefault(t.target);
        _closeIfPaid(transferId, t);
        // The penalty is income, of which arrears are taken first.
        _meters.settleTab(t.first);
    }

    /// @inheritdoc ITransferBook
    function closeReturn(TransferId transferId) external {
        Transfer storage t = _existing(transferId);
        ContractId contractId = t.returning;
        if (ContractId.unwrap(contractId) == 0) revert NoReturnOpen(transferId);
        Handover memory handover = _handovers[contractId];
        if (!_meters.isFinal(t.first, handover.due)) revert DueNotPassed(transferId, handover.due);

        t.returning = ContractId.wrap(0);
        delete _handovers[contractId];
        emit ReturnClosed(transferId, contractId, _left(handover));
        _supply.setHandedOver(contractId, false);
    }

    /// @inheritdoc ITransferBook
    function settle(TransferId transferId) external {
        Transfer storage t = _existing(transferId);
        if (t.status != TransferStatus.Owing) revert WrongStatus(transferId, t.status);
        if (currentSlot() <= t.periodEnd) revert PeriodNotOver(transferId, t.periodEnd);
        if (ContractId.unwrap(t.returning) != 0) revert ReturnOpen(transferId, t.returning);

        CoreSeconds debt = CoreSeconds.wrap(CoreSeconds.unwrap(t.executed) - CoreSeconds.unwrap(t.repaid));
        uint256 amount = _value(t, t.executed) - _value(t, t.repaid);
        t.settled = debt;
        emit DebtSettled(transferId, debt, amount);
        _vault.settle(t.first, t.target, amount, 0, 0);
        _closeIfPaid(transferId, t);
        _meters.settleTab(t.target);
    }

    /// @inheritdoc ITransferBook
    function execute(
        ContractId contractId,
        ParticipantId dataCentre,
        SlotId slot,
        uint256 coreSeconds
    ) external returns (bool complete) {
        if (msg.sender != address(_supply)) revert NotMarket(msg.sender);
        Handover memory handover = _handovers[contractId];
        if (handover.executor != dataCentre) revert NotExecutor(contractId, dataCentre, handover.executor);
        if (slot < handover.from || slot > handover.due) {
            revert OutsideHandover(contractId, slot, handover.from, handover.due);
        }
        uint256 left = CoreSeconds.unwrap(_left(handover));
        if (coreSeconds > left) revert BeyondHandover(contractId, coreSeconds, left);

        complete = coreSeconds == left;
        // At most what is left, which has 40 bits.
        CoreSeconds done = CoreSeconds.wrap(uint40(coreSeconds));
        if (complete) {
            delete _handovers[contractId];
        } else {
            _handovers[contractId].executed = _sum(handover.executed, done);
        }
        Transfer storage t = _transfers[handover.transferId];
        if (handover.isReturn) {
            _repay(handover.transferId, t, done, complete);
        } else {
            _execute(handover.transferId, t, done, complete);
        }
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ITransferBook
    function handedOverCoreSeconds(ContractId contractId) external view returns (uint256) {
        return CoreSeconds.unwrap(_left(_handovers[contractId]));
    }

    /// @inheritdoc ITransferBook
    function handoverOf(ContractId contractId) external view returns (Handover memory) {
        return _handovers[contractId];
    }

    /// @inheritdoc ITransferBook
    function transferOf(TransferId transferId) external view returns (Transfer memory) {
        return _existing(transferId);
    }

    /// @inheritdoc ITransferBook
    function transfers() external view returns (uint256) {
        return _count;
    }

    /// @inheritdoc ITransferBook
    function quoteOf(ParticipantId dataCentre) external view returns (Quote memory) {
        return _quotes[dataCentre];
    }

    /// @inheritdoc ITransferBook
    function quoters() external view returns (uint256) {
        return _quoters.length;
    }

    /// @inheritdoc ITransferBook
    function cheapestQuote(
        Wh energy,
        uint16 cores,
        SlotId due,
        uint16 repaymentSlots,
        ParticipantId asker,
        uint256 from,
        uint256 count
    ) external view returns (ParticipantId dataCentre, Price price) {
        uint256 length = _quoters.length;
        for (uint256 i = from; i < length && i - from < count; ++i) {
            Quote memory q = _quotes[_quoters[i]];
            bool fits =
                Price.unwrap(q.price) != 0 &&
                    _quoters[i] != asker &&
                    Wh.unwrap(q.energy) >= Wh.unwrap(energy) &&
                    q.cores >= cores &&
                    q.firstSlot <= due &&
                    q.lastSlot >= due &&
                    q.repaymentSlots >= repaymentSlots;
            bool cheapest = ParticipantId.unwrap(dataCentre) == 0 || Price.unwrap(q.price) < Price.unwrap(price);
            if (fits && cheapest && _isActive(_quoters[i])) {
                dataCentre = _quoters[i];
                price = q.price;
            }
        }
    }

    // ---------------------------------------------------------------- internals: checks

    function _isActive(ParticipantId participant) private view returns (bool) {
        try _identities.requireActive(_identities.walletOf(participant), Role.DataCentre) {
            return true;
        } catch {
            return false;
        }
    }

    function _existing(TransferId transferId) private view returns (Transfer storage t) {
        t = _transfers[transferId];
        if (t.status == TransferStatus.None) revert UnknownTransfer(transferId);
    }

    /// @dev The contract is the caller's, running, not handed over, and has so many core-seconds open.
    function _checkTransferable(
        ParticipantId seller,
        ContractId contractId,
        CoreSeconds coreSeconds
    ) private view returns (SupplyTermsWord terms) {
        terms = _supply.termsOf(contractId);
        if (terms.seller() != seller) revert NotSeller(contractId, seller);
        uint256 open = _supply.openCoreSeconds(contractId);
        if (open == 0 || TransferId.unwrap(_handovers[contractId].transferId) != 0) {
            revert NotTransferable(contractId);
        }
        uint256 share = CoreSeconds.unwrap(coreSeconds);
        if (share == 0 || share > open) revert InvalidShare(share, open);
    }

    function _checkQuote(Order calldata order, Quote storage quoted, SupplyTermsWord terms, Wh energy) private view {
        Price price = quoted.price;
        if (Price.unwrap(price) == 0) revert NoQuote(order.target);
        if (Price.unwrap(price) > Price.unwrap(order.maxPrice)) revert PriceAboveLimit(price, order.maxPrice);
        if (Wh.unwrap(energy) > Wh.unwrap(quoted.energy) || terms.cores() > quoted.cores) {
            revert QuoteTooSmall(quoted.energy, quoted.cores, energy, terms.cores());
        }
        if (order.repaymentSlots > quoted.repaymentSlots) {
            revert PeriodTooLong(order.repaymentSlots, quoted.repaymentSlots);
        }
        SlotId current = currentSlot();
        _checkDue(
            terms,
            order.coreSeconds,
            order.due,
            quoted.firstSlot > current ? quoted.firstSlot : current,
            quoted.lastSlot < terms.deadline() ? quoted.lastSlot : terms.deadline()
        );
    }

    /// @dev The work can be done by the due slot: else the executor would be bound to fail, whatever it does.
    function _checkDue(
        SupplyTermsWord terms,
        CoreSeconds coreSeconds,
        SlotId due,
        SlotId earliest,
        SlotId latest
    ) private view {
        if (earliest < terms.firstSlot()) earliest = terms.firstSlot();
        if (due < earliest || due > latest) revert InvalidDue(due, earliest, latest);
        uint256 start = startOf(terms.firstSlot());
        if (start < block.timestamp) start = block.timestamp;
        uint256 limit = terms.cores() * (startOf(due.plus(1)) - start);
        if (CoreSeconds.unwrap(coreSeconds) > limit) revert InvalidShare(CoreSeconds.unwrap(coreSeconds), limit);
    }

    // ---------------------------------------------------------------- internals: effects

    function _open(
        ContractId contractId,
        TransferId transferId,
        ParticipantId executor,
        CoreSeconds coreSeconds,
        SlotId due,
        bool isReturn
    ) private {
        _handovers[contractId] = Handover({
            transferId: transferId,
            executor: executor,
            coreSeconds: coreSeconds,
            executed: CoreSeconds.wrap(0),
            from: currentSlot(),
            due: due,
            isReturn: isReturn
        });
        _supply.setHandedOver(contractId, true);
    }

    function _execute(TransferId transferId, Transfer storage t, CoreSeconds done, bool complete) private {
        CoreSeconds before = t.executed;
        CoreSeconds executed = _sum(before, done);
        t.executed = executed;
        uint256 paid = t.mode == TransferMode.Payment ? _value(t, executed) - _value(t, before) : 0;
        uint256 networkPaid = _networkPaid(t, executed) - _networkPaid(t, before);
        if (complete) t.status = TransferStatus.Owing;
        emit Executed(transferId, done, paid, networkPaid);

        _vault.settle(t.first, t.target, paid, 0, complete ? t.deposit : 0);
        if (networkPaid != 0) _vault.settle(t.first, t.networkOperator, networkPaid, 0, 0);
        if (complete) {
            _reputation.reward(t.first, t.target, t.energy);
            _closeIfPaid(transferId, t);
        }
    }

    function _repay(TransferId transferId, Transfer storage t, CoreSeconds done, bool complete) private {
        CoreSeconds before = t.repaid;
        CoreSeconds repaid = _sum(before, done);
        t.repaid = repaid;
        ContractId returned = t.returning;
        if (complete) t.returning = ContractId.wrap(0);
        emit Repaid(transferId, returned, done);

        uint256 released = _value(t, repaid) - _value(t, before);
        if (released != 0) _vault.unlock(t.first, released);
        if (t.status == TransferStatus.Owing) _closeIfPaid(transferId, t);
    }

    /// @dev Ends a transfer of which nothing is owed any more, and gives the first data centre back what rounding and work
    /// that was not executed left of its lock.
    function _closeIfPaid(TransferId transferId, Transfer storage t) private {
        CoreSeconds paid = t.mode == TransferMode.Payment ? t.executed : _sum(t.repaid, t.settled);
        if (CoreSeconds.unwrap(paid) != CoreSeconds.unwrap(t.executed)) return;
        t.status = TransferStatus.Closed;
        emit TransferClosed(transferId);
        uint256 left = SettlementMath.amountUp(t.energy, t.price) - _value(t, t.executed);
        if (left != 0) _vault.unlock(t.first, left);
    }

    // ---------------------------------------------------------------- internals: amounts

    /// @dev [3] What is locked for a data centre's quote, micro-yuan.
    function _quoteDeposit(ParticipantId dataCentre) private view returns (uint256) {
        Quote storage q = _quotes[dataCentre];
        return SettlementMath.bpsUp(SettlementMath.amountUp(q.energy, q.price), _quoteDepositBps[dataCentre]);
    }

    /// @dev Micro-yuan for `coreSeconds` of the transfer's work, rounded down.
    function _value(Transfer storage t, CoreSeconds coreSeconds) private view returns (uint256) {
        return SettlementMath.earnedDown(t.energy, t.price, coreSeconds, t.coreSeconds);
    }

    function _networkPaid(Transfer storage t, CoreSeconds executed) private view returns (uint256) {
        return SettlementMath.shareDown(t.networkFee, executed, t.coreSeconds);
    }

    function _left(Handover memory handover) private pure returns (CoreSeconds) {
        return CoreSeconds.wrap(CoreSeconds.unwrap(handover.coreSeconds) - CoreSeconds.unwrap(handover.executed));
    }

    function _sum(CoreSeconds a, CoreSeconds b) private pure returns (CoreSeconds) {
        return CoreSeconds.wrap(CoreSeconds.unwrap(a) + CoreSeconds.unwrap(b));
    }

    function _emitQuoted(ParticipantId dataCentre, Quote memory q) private {
        emit Quoted(dataCentre, q.price, q.energy, q.cores, q.firstSlot, q.lastSlot, q.repaymentSlots);
    }
}
