// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { MAX_REPUTATION } from "../../contracts/interfaces/IReputation.sol";
import {
    Bid,
    BookState,
    ISlotAuction,
    Offer,
    Phase,
    Plan,
    PlanState,
    PlanStatus
} from "../../contracts/interfaces/ISlotAuction.sol";
import { ISupplyBook, SupplyContract, SupplyStatus } from "../../contracts/interfaces/ISupplyBook.sol";
import { Quote, Transfer, TransferMode, TransferStatus } from "../../contracts/interfaces/ITransferBook.sol";
import { Account } from "../../contracts/interfaces/IVault.sol";
import { ParticipantId } from "../../contracts/types/ParticipantId.sol";
import { SlotId } from "../../contracts/types/SlotId.sol";
import { ContractId, CoreSeconds, Price, TransferId, Wh } from "../../contracts/types/Units.sol";
import { MarketActors } from "./MarketActors.sol";
import { Vm } from "./Vm.sol";

/// @title MarketModel
/// @notice What must always hold, computed from the public views and from what the handler saw happen, with arithmetic of its
/// own. Properties have the numbers of the list in `docs/invariants.md`; 0 stands for calls that succeed although they must
/// not, or fail although they must not.
abstract contract MarketModel is MarketActors {
    struct BidSeen {
        uint16 cores;
        uint40 coreSeconds;
        uint32 energy;
        uint32 maxPrice;
        uint32 earliest;
        uint32 deadline;
        uint256 reputation;
        uint256 sequence;
        bool matched;
    }

    struct OfferSeen {
        uint32 price;
        uint32 energy;
        uint16 cores;
        uint32 energyLeft;
        uint16 coresLeft;
        uint256 reputation;
        uint256 sequence;
    }

    struct SupplySeen {
        SupplyStatus status;
        uint40 delivered;
        bytes32 terms;
    }

    struct TransferSeen {
        TransferStatus status;
        uint40 executed;
        uint40 repaid;
        bytes32 terms;
    }

    struct PlanSeen {
        uint256 sequence;
        PlanStatus status;
        bool punished;
        bool revealed;
    }

    uint256 internal constant CALLS = 0;
    uint256 internal constant CONSERVATION = 1;
    uint256 internal constant LOCKS = 2;
    uint256 internal constant TRADES = 3;
    uint256 internal constant DRAWS = 4;
    uint256 internal constant PUNISHMENTS = 5;
    uint256 internal constant FORWARD = 6;
    uint256 internal constant REPUTATION = 7;
    uint256 internal constant TRANSFERS = 8;
    uint256 internal constant WITHDRAWALS = 9;
    uint256 internal constant PROPERTIES = 10;

    /// @dev The first violation of each property.
    string[PROPERTIES] internal _violations;
    /// @dev How often what happened, so that a run can be shown not to be vacuous.
    mapping(string what => uint256) internal _count;

    /// @dev Deposits less withdrawals and seizures, and what contracts and transfers that have ended have moved.
    int256[ACTORS] internal _wealth;
    uint256 internal _pool;
    uint256 internal _donated;
    /// @dev What each data centre owes the grid by its readings, paid or not.
    int256[ACTORS] internal _metered;
    uint256[ACTORS] internal _quoteBps;

    uint32[] internal _openBooks;
    mapping(uint32 slot => Phase) internal _lastPhase;
    mapping(uint32 slot => uint256) internal _nextBid;
    mapping(uint32 slot => uint256) internal _nextRelease;
    mapping(uint32 slot => uint40[]) internal _bidOrder;
    mapping(uint32 slot => uint40[]) internal _offerOrder;
    mapping(uint32 slot => mapping(uint40 ref => BidSeen)) internal _bids;
    mapping(uint32 slot => mapping(uint40 ref => OfferSeen)) internal _offers;

    PlanSeen[TRADERS] internal _plans;
    uint40 internal _contracts;
    uint40[] internal _openContracts;
    mapping(uint40 => SupplySeen) internal _supplies;
    uint40 internal _transferCount;
    uint40[] internal _openTransfers;
    mapping(uint40 => TransferSeen) internal _transferSeen;

    // ---------------------------------------------------------------- results

    /// @notice How a property was violated first; empty if it was not.
    function violation(uint256 property) external view returns (string memory) {
        return _violations[property];
    }

    /// @notice How often something happened.
    function count(string calldata what) external view returns (uint256) {
        return _count[what];
    }

    function _holds(uint256 property, bool ok, string memory what) internal {
        if (!ok && bytes(_violations[property]).length == 0) _violations[property] = what;
    }

    // ---------------------------------------------------------------- money, computed anew

    function _valueUp(uint256 energy, uint256 price) internal pure returns (uint256) {
        return (energy * price + 999) / 1000;
    }

    function _earned(uint256 energy, uint256 price, uint256 done, uint256 total) internal pure returns (uint256) {
        return (energy * price * done) / (total * 1000);
    }

    function _bpsUp(uint256 amount, uint256 bps) internal pure returns (uint256) {
        return (amount * bps + 9999) / 10_000;
    }

    /// @dev Deposit at a reputation, basis points, rounded up.
    function _bps(uint256 reputation_) internal view returns (uint256) {
        uint256 low = parameters.minDepositBps;
        uint256 high = parameters.maxDepositBps;
        return low + ((high - low) * (MAX_REPUTATION - reputation_) + MAX_REPUTATION - 1) / MAX_REPUTATION;
    }

    function _bidLock(BidSeen storage bid) internal view returns (uint256) {
        uint256 value = _valueUp(bid.energy, bid.maxPrice);
        return value + _bpsUp(value, _bps(bid.reputation));
    }

    function _offerLock(uint256 energy, uint256 price, uint256 reputation_) internal view returns (uint256) {
        return _bpsUp(_valueUp(energy, price), _bps(reputation_));
    }

    // ---------------------------------------------------------------- after every step

    function _observe() internal {
        _observePlans();
        _observeBooks();
        _observeContracts();
        _observeTransfers();
        _observeMoney();
        for (uint256 i; i < ACTORS; ++i) {
            _holds(REPUTATION, _reputationOf(i) <= MAX_REPUTATION, "a reputation is out of its bounds");
        }
    }

    // ---------------------------------------------------------------- 5, 6: plans

    /// @dev From `Sealed` to any end, from `Revealed` to `Closed`, and to a new plan with a higher number; nothing else.
    function _observePlans() private {
        for (uint256 i; i < TRADERS; ++i) {
            PlanState memory plan = auction.planOf(_id(i));
            PlanSeen storage seen = _plans[i];
            if (plan.sequence == seen.sequence) {
                bool same = plan.status == seen.status;
                bool opened =
                    seen.status == PlanStatus.Sealed &&
                        plan.status != PlanStatus.None &&
                        plan.status != PlanStatus.Closed;
                bool closed = seen.status == PlanStatus.Revealed && plan.status == PlanStatus.Closed;
                // Two steps at once: a caller of the handler may do both in one step.
                bool both = seen.status == PlanStatus.Sealed && plan.status == PlanStatus.Closed;
                _holds(FORWARD, same || opened || closed || both, "a plan's status went back");
            } else {
                _holds(FORWARD, plan.sequence > seen.sequence, "a plan's number fell");
                _holds(FORWARD, seen.status != PlanStatus.Revealed || _isCleared(i), "a revealed plan was replaced");
                seen.sequence = plan.sequence;
                seen.punished = false;
                seen.revealed = false;
            }
            seen.status = plan.status;
            if (plan.status == PlanStatus.Revealed || plan.status == PlanStatus.Closed) seen.revealed = true;
            if (plan.status == PlanStatus.Punished) {
                _holds(PUNISHMENTS, !seen.revealed, "a revealed plan was punished");
                _holds(PUNISHMENTS, seen.punished, "a plan is punished that nobody punished");
            }
        }
    }

    /// @dev Whether nothing of the trader's is in a book that is not cleared.
    function _isCleared(uint256 i) private view returns (bool) {
        for (uint256 b; b < _openBooks.length; ++b) {
            uint32 slot = _openBooks[b];
            if (auction.bookOf(SlotId.wrap(slot)).phase == Phase.Cleared) continue;
            uint40 ref = uint40(i + 1) << 8;
            if (_bids[slot][ref].energy != 0 || _offers[slot][ref].energy != 0) return false;
        }
        return true;
    }

    /// @dev Called by the handler for each bond that a sealed plan forfeits.
    function _punished(uint256 i) internal {
        PlanSeen storage seen = _plans[i];
        _holds(PUNISHMENTS, !seen.punished, "a plan was punished twice");
        _holds(PUNISHMENTS, seen.status == PlanStatus.Sealed, "a plan was punished that was not sealed");
        _holds(PUNISHMENTS, !seen.revealed, "a revealed plan was punished");
        seen.punished = true;
        _seized(i, _bondOf(i));
        ++_count["punished"];
    }

    function _seized(uint256 i, uint256 amount) internal {
        _wealth[i] -= int256(amount);
        _pool += amount;
    }

    function _bondOf(uint256 i) internal view returns (uint256) {
        return i < USERS ? parameters.buyerBond : parameters.sellerBond;
    }

    // ---------------------------------------------------------------- 6: books

    function _observeBooks() private {
        for (uint256 b; b < _openBooks.length; ++b) {
            uint32 slot = _openBooks[b];
            BookState memory book = auction.bookOf(SlotId.wrap(slot));
            _holds(FORWARD, book.phase >= _lastPhase[slot], "a slot's phase went back");
            _lastPhase[slot] = book.phase;
            _holds(FORWARD, book.bids == _bidOrder[slot].length, "a book lost or gained bids");
            _holds(FORWARD, book.offers == _offerOrder[slot].length, "a book lost or gained offers");
            if (book.phase > Phase.Open) {
                _holds(FORWARD, book.concluded == _nextBid[slot], "bids are concluded without an event");
            }
        }
        // Cleared slots are over: nothing is locked for them, and they stay cleared.
        for (uint256 b = _openBooks.length; b > 0; --b) {
            uint32 slot = _openBooks[b - 1];
            if (_lastPhase[slot] != Phase.Cleared) continue;
            _holds(LOCKS, _nextBid[slot] == _bidOrder[slot].length, "a slot was cleared with bids left");
            _openBooks[b - 1] = _openBooks[_openBooks.length - 1];
            _openBooks.pop();
        }
    }

    // ---------------------------------------------------------------- 6: contracts

    function _observeContracts() private {
        while (_contracts < supply.contracts()) {
            _openContracts.push(++_contracts);
            SupplyContract memory signed = supply.contractOf(ContractId.wrap(_contracts));
            _holds(FORWARD, signed.status != SupplyStatus.None, "a contract was signed that is none");
            _supplies[_contracts] = SupplySeen(SupplyStatus.Running, 0, _termsOf(signed));
        }
        uint256 kept;
        for (uint256 n; n < _openContracts.length; ++n) {
            uint40 id = _openContracts[n];
            SupplyContract memory c = supply.contractOf(ContractId.wrap(id));
            _observeContract(id, c);
            if (c.status == SupplyStatus.Running) {
                _openContracts[kept++] = id;
            } else {
                _moveContract(_wealth, c);
            }
        }
        while (_openContracts.length > kept) _openContracts.pop();
    }

    /// @dev The terms never change, progress never falls, and both ends are ends.
    function _observeContract(uint40 id, SupplyContract memory c) internal {
        SupplySeen storage seen = _supplies[id];
        uint40 delivered = CoreSeconds.unwrap(c.delivered);
        _holds(FORWARD, seen.terms == _termsOf(c), "a contract's terms changed");
        _holds(FORWARD, delivered >= seen.delivered, "a contract's progress fell");
        _holds(FORWARD, c.status >= SupplyStatus.Running, "a contract's status went back");
        if (seen.status != SupplyStatus.Running) {
            _holds(FORWARD, c.status == seen.status && delivered == seen.delivered, "a contract moved after its end");
        }
        bool full = delivered == CoreSeconds.unwrap(c.coreSeconds);
        _holds(FORWARD, delivered <= CoreSeconds.unwrap(c.coreSeconds), "a contract was delivered more than it is");
        _holds(FORWARD, (c.status == SupplyStatus.Fulfilled) == full, "fulfilled is not all delivered");
        if (seen.status == SupplyStatus.Running && c.status == SupplyStatus.Fulfilled) ++_count["fulfilled"];
        if (seen.status == SupplyStatus.Running && c.status == SupplyStatus.Expired) ++_count["expired"];
        seen.status = c.status;
        seen.delivered = delivered;
    }

    function _termsOf(SupplyContract memory c) private pure returns (bytes32) {
        bytes memory parties = abi.encode(c.buyer, c.seller, c.cores, c.coreSeconds, c.energy, c.price);
        bytes memory slots = abi.encode(c.signed, c.firstSlot, c.deadline, c.priority);
        return keccak256(bytes.concat(parties, slots, abi.encode(c.buyerDeposit, c.sellerDeposit)));
    }

    /// @dev What a contract has moved from buyer to seller so far.
    function _moveContract(int256[ACTORS] storage wealth, SupplyContract memory c) private {
        int256 moved = _movedBy(c);
        wealth[_index(c.seller)] += moved;
        wealth[_index(c.buyer)] -= moved;
    }

    function _movedBy(SupplyContract memory c) internal pure returns (int256 moved) {
        uint256 total = CoreSeconds.unwrap(c.coreSeconds);
        uint256 done = CoreSeconds.unwrap(c.delivered);
        moved = int256(_earned(Wh.unwrap(c.energy), Price.unwrap(c.price), done, total));
        // The seller's deposit in the proportion of what was not delivered.
        if (c.status == SupplyStatus.Expired) moved -= int256((c.sellerDeposit * (total - done)) / total);
    }

    // ---------------------------------------------------------------- 6, 8: transfers

    function _observeTransfers() private {
        while (_transferCount < transfers.transfers()) {
            _openTransfers.push(++_transferCount);
            Transfer memory taken = transfers.transferOf(TransferId.wrap(_transferCount));
            _transferSeen[_transferCount] = TransferSeen(TransferStatus.Executing, 0, 0, _termsOf(taken));
        }
        uint256 kept;
        for (uint256 n; n < _openTransfers.length; ++n) {
            uint40 id = _openTransfers[n];
            Transfer memory t = transfers.transferOf(TransferId.wrap(id));
            _observeTransfer(id, t);
            if (t.status != TransferStatus.Closed) {
                _openTransfers[kept++] = id;
            } else {
                _moveTransfer(t);
            }
        }
        while (_openTransfers.length > kept) _openTransfers.pop();
    }

    function _observeTransfer(uint40 id, Transfer memory t) internal {
        TransferSeen storage seen = _transferSeen[id];
        uint40 executed = CoreSeconds.unwrap(t.executed);
        uint40 repaid = CoreSeconds.unwrap(t.repaid);
        uint40 settled = CoreSeconds.unwrap(t.settled);
        bool over = seen.status == TransferStatus.Closed;
        _holds(FORWARD, seen.terms == _termsOf(t), "a transfer's terms changed");
        _holds(FORWARD, t.status >= seen.status, "a transfer's status went back");
        _holds(FORWARD, executed >= seen.executed && repaid >= seen.repaid, "a transfer's progress fell");
        if (over || seen.status == TransferStatus.Owing) {
            _holds(FORWARD, executed == seen.executed, "a transfer was executed after its execution ended");
        }
        if (over) _holds(FORWARD, repaid == seen.repaid, "a transfer was repaid after its end");
        _holds(TRANSFERS, executed <= CoreSeconds.unwrap(t.coreSeconds), "more was executed than handed over");
        _holds(TRANSFERS, repaid + settled <= executed, "more was repaid and settled than executed");
        if (t.mode == TransferMode.Payment) {
            _holds(TRANSFERS, repaid == 0 && settled == 0, "a debt in payment mode");
            _holds(TRANSFERS, t.status != TransferStatus.Owing, "payment mode owes");
        } else if (t.status == TransferStatus.Closed) {
            _holds(TRANSFERS, repaid + settled == executed, "a transfer was closed with a debt");
        } else {
            _holds(TRANSFERS, settled == 0, "an open transfer is settled");
        }
        if (
            t.status != TransferStatus.Closed && t.mode == TransferMode.ComputeTime && t.status == TransferStatus.Owing
        ) {
            _holds(TRANSFERS, executed != repaid, "a transfer owes nothing and is open");
        }
        if (!over && t.status == TransferStatus.Closed) {
            ++_count[t.mode == TransferMode.Payment ? "closed by payment" : "closed in compute time"];
            if (t.defaulted) ++_count["transfer defaulted"];
            if (settled != 0) ++_count["debt settled"];
            if (repaid != 0) ++_count["debt repaid"];
        }
        seen.status = t.status;
        seen.executed = executed;
        seen.repaid = repaid;
    }

    function _termsOf(Transfer memory t) private pure returns (bytes32) {
        bytes memory what = abi.encode(t.first, t.target, t.contractId, t.coreSeconds, t.energy, t.price, t.mode);
        bytes memory rest = abi.encode(t.signed, t.due, t.periodEnd, t.networkOperator, t.networkFee, t.deposit);
        return keccak256(bytes.concat(what, rest));
    }

    function _transferValue(Transfer memory t, CoreSeconds part) internal pure returns (uint256) {
        uint256 total = CoreSeconds.unwrap(t.coreSeconds);
        return _earned(Wh.unwrap(t.energy), Price.unwrap(t.price), CoreSeconds.unwrap(part), total);
    }

    /// @dev What a transfer has moved: to the target, to the network operator, and back to the first data centre if the
    /// target failed.
    function _movedBy(Transfer memory t) internal pure returns (uint256 paid, uint256 network, uint256 penalty) {
        uint256 total = CoreSeconds.unwrap(t.coreSeconds);
        uint256 executed = CoreSeconds.unwrap(t.executed);
        if (t.mode == TransferMode.Payment) {
            paid = _transferValue(t, t.executed);
        } else if (t.status == TransferStatus.Closed) {
            paid = _transferValue(t, t.executed) - _transferValue(t, t.repaid);
        }
        network = (t.networkFee * executed) / total;
        if (t.defaulted) penalty = (t.deposit * (total - executed)) / total;
    }

    function _moveTransfer(Transfer memory t) private {
        (uint256 paid, uint256 network, uint256 penalty) = _movedBy(t);
        _wealth[_index(t.first)] += int256(penalty) - int256(paid) - int256(network);
        _wealth[_index(t.target)] += int256(paid) - int256(penalty);
        _wealth[_index(t.networkOperator)] += int256(network);
    }

    function _index(ParticipantId id) internal pure returns (uint256) {
        return ParticipantId.unwrap(id) - 1;
    }

    // ---------------------------------------------------------------- 1, 2: money

    /// @dev Every account's available and locked money, explained.
    function _observeMoney() private {
        int256[] memory wealth = new int256[](ACTORS);
        uint256[] memory locked = new uint256[](ACTORS);
        for (uint256 i; i < ACTORS; ++i) wealth[i] = _wealth[i];
        _explainPlans(locked);
        _explainContracts(locked, wealth);
        _explainTransfers(locked, wealth);
        for (uint256 i; i < BEACONS; ++i) {
            uint256 a = FIRST_BEACON + i;
            if (beacon.chainOf(_id(a)).active) locked[a] += parameters.beaconBond;
        }
        // What the readings cost and is not on the tab was paid.
        for (uint256 i = USERS; i < TRADERS; ++i) {
            int256 paid = _metered[i] - meters.stateOf(_id(i)).tab;
            wealth[i] -= paid;
            wealth[GRID_OPERATOR] += paid;
        }

        uint256 total = vault.penaltyPool();
        _holds(CONSERVATION, total == _pool, "the penalty pool is not what was seized");
        for (uint256 i; i < ACTORS; ++i) {
            Account memory account = vault.accountOf(_id(i));
            total += uint256(account.available) + account.locked;
            if (account.locked != locked[i]) _holds(LOCKS, false, string.concat("locked money of ", _actors[i].name));
            if (int256(uint256(account.available)) + int256(uint256(account.locked)) != wealth[i]) {
                _holds(CONSERVATION, false, string.concat("the wealth of ", _actors[i].name));
            }
        }
        _holds(CONSERVATION, token.balanceOf(address(vault)) == total + _donated, "the vault's balance");
        _holds(CONSERVATION, token.totalSupply() == _minted, "tokens were minted or lost");
    }

    function _explainPlans(uint256[] memory locked) private view {
        for (uint256 i; i < TRADERS; ++i) {
            if (auction.planOf(_id(i)).bonded) locked[i] += _bondOf(i);
        }
        for (uint256 b; b < _openBooks.length; ++b) {
            uint32 slot = _openBooks[b];
            for (uint256 n = _nextBid[slot]; n < _bidOrder[slot].length; ++n) {
                uint40 ref = _bidOrder[slot][n];
                locked[(ref >> 8) - 1] += _bidLock(_bids[slot][ref]);
            }
            for (uint256 n = _nextRelease[slot]; n < _offerOrder[slot].length; ++n) {
                uint40 ref = _offerOrder[slot][n];
                if (uint8(ref) == 0) locked[(ref >> 8) - 1] += _planLock(slot, ref);
            }
        }
    }

    function _explainContracts(uint256[] memory locked, int256[] memory wealth) private view {
        for (uint256 n; n < _openContracts.length; ++n) {
            SupplyContract memory c = supply.contractOf(ContractId.wrap(_openContracts[n]));
            int256 moved = _movedBy(c);
            uint256 escrow = _valueUp(Wh.unwrap(c.energy), Price.unwrap(c.price)) - uint256(moved);
            locked[_index(c.buyer)] += escrow + c.buyerDeposit;
            locked[_index(c.seller)] += c.sellerDeposit;
            wealth[_index(c.buyer)] -= moved;
            wealth[_index(c.seller)] += moved;
        }
    }

    function _explainTransfers(uint256[] memory locked, int256[] memory wealth) private view {
        for (uint256 i = USERS; i < TRADERS; ++i) {
            Quote memory q = transfers.quoteOf(_id(i));
            locked[i] += _bpsUp(_valueUp(Wh.unwrap(q.energy), Price.unwrap(q.price)), _quoteBps[i]);
        }
        for (uint256 n; n < _openTransfers.length; ++n) {
            Transfer memory t = transfers.transferOf(TransferId.wrap(_openTransfers[n]));
            (uint256 paid, uint256 network, uint256 penalty) = _movedBy(t);
            uint256 first = _index(t.first);
            uint256 target = _index(t.target);
            uint256 released = t.mode == TransferMode.Payment ? paid : _transferValue(t, t.repaid);
            locked[first] += _valueUp(Wh.unwrap(t.energy), Price.unwrap(t.price)) - released;
            if (t.status == TransferStatus.Executing) {
                locked[first] += t.networkFee - network;
                locked[target] += t.deposit;
            }
            wealth[first] += int256(penalty) - int256(paid) - int256(network);
            wealth[target] += int256(paid) - int256(penalty);
            wealth[_index(t.networkOperator)] += int256(network);
        }
    }

    // ---------------------------------------------------------------- 3, 4: the auction

    /// @dev Enters a plan that was revealed and funded into the slot's book, in its place.
    function _enterBook(uint256 i, Plan memory plan, uint256 reputation_, uint256 sequence) internal {
        uint32 slot = plan.slot;
        if (_bidOrder[slot].length + _offerOrder[slot].length == 0) _openBooks.push(slot);
        for (uint256 n; n < plan.bids.length; ++n) {
            Bid memory bid = plan.bids[n];
            uint40 ref = (uint40(i + 1) << 8) | uint40(n);
            _bids[slot][ref] = BidSeen({
                cores: bid.cores,
                coreSeconds: bid.coreSeconds,
                energy: bid.energy,
                maxPrice: bid.maxPrice,
                earliest: bid.earliest,
                deadline: bid.deadline,
                reputation: reputation_,
                sequence: sequence,
                matched: false
            });
            _holds(FORWARD, keccak256(abi.encode(auction.bidOf(_id(i), n))) == keccak256(abi.encode(bid)), "bidOf");
            uint40[] storage order = _bidOrder[slot];
            order.push(ref);
            for (uint256 k = order.length - 1; k > 0 && _bidBefore(slot, ref, order[k - 1]); --k) {
                (order[k], order[k - 1]) = (order[k - 1], ref);
            }
        }
        for (uint256 n; n < plan.offers.length; ++n) {
            Offer memory offer = plan.offers[n];
            uint40 ref = (uint40(i + 1) << 8) | uint40(n);
            _offers[slot][ref] = OfferSeen({
                price: offer.price,
                energy: offer.energy,
                cores: offer.cores,
                energyLeft: offer.energy,
                coresLeft: offer.cores,
                reputation: reputation_,
                sequence: sequence
            });
            _holds(
                FORWARD,
                keccak256(abi.encode(auction.offerOf(_id(i), n))) == keccak256(abi.encode(offer)),
                "offerOf"
            );
            uint40[] storage order = _offerOrder[slot];
            order.push(ref);
            for (uint256 k = order.length - 1; k > 0 && _offerBefore(slot, ref, order[k - 1]); --k) {
                (order[k], order[k - 1]) = (order[k - 1], ref);
            }
        }
    }

    /// @dev By price descending, reputation descending, order of commitment, place in the plan.
    function _bidBefore(uint32 slot, uint40 a, uint40 b) private view returns (bool) {
        BidSeen storage x = _bids[slot][a];
        BidSeen storage y = _bids[slot][b];
        if (x.maxPrice != y.maxPrice) return x.maxPrice > y.maxPrice;
        if (x.reputation != y.reputation) return x.reputation > y.reputation;
        if (x.sequence != y.sequence) return x.sequence < y.sequence;
        return uint8(a) < uint8(b);
    }

    /// @dev By price ascending, reputation descending, order of commitment, place in the plan.
    function _offerBefore(uint32 slot, uint40 a, uint40 b) private view returns (bool) {
        OfferSeen storage x = _offers[slot][a];
        OfferSeen storage y = _offers[slot][b];
        if (x.price != y.price) return x.price < y.price;
        if (x.reputation != y.reputation) return x.reputation > y.reputation;
        if (x.sequence != y.sequence) return x.sequence < y.sequence;
        return uint8(a) < uint8(b);
    }

    function _eligible(BidSeen storage bid, OfferSeen storage offer) private view returns (bool) {
        return offer.price <= bid.maxPrice && offer.energyLeft >= bid.energy && offer.coresLeft >= bid.cores;
    }

    /// @dev Follows a page of the clearing by its events.
    /// @param before what was locked for each trader before the page
    function _followClearing(uint32 slot, Vm.Log[] memory logs, uint256[] memory before) internal {
        bool lapsed = time >= _startOf(slot) + parameters.slotSeconds;
        for (uint256 n; n < logs.length; ++n) {
            Vm.Log memory entry = logs[n];
            bytes32 topic = entry.topics[0];
            if (entry.emitter == address(supply) && topic == ISupplyBook.Signed.selector) {
                _holds(TRADES, !lapsed, "a trade for a slot that is over");
                _followTrade(slot, entry);
            } else if (entry.emitter == address(auction) && topic == ISlotAuction.Unmatched.selector) {
                uint40 ref = (uint40(uint256(entry.topics[2])) << 8) | uint40(abi.decode(entry.data, (uint256)));
                _conclude(slot, ref);
                if (!lapsed) _holds(DRAWS, _countEligible(slot, ref) == 0, "a bid went away though an offer fits");
                ++_count["unmatched"];
            }
        }
        _followRelease(slot, before);
        if (auction.bookOf(SlotId.wrap(slot)).phase == Phase.Cleared) {
            _holds(LOCKS, _nextRelease[slot] == _offerOrder[slot].length, "a slot was cleared with offers left");
            ++_count["cleared"];
        }
    }

    /// @dev What is locked for the energy left in all offers of a plan, of which `ref` is the first.
    function _planLock(uint32 slot, uint40 ref) private view returns (uint256 amount) {
        for (; _offers[slot][ref].price != 0; ++ref) {
            OfferSeen storage offer = _offers[slot][ref];
            amount += _offerLock(offer.energyLeft, offer.price, offer.reputation);
        }
    }

    /// @dev A clearing unlocks money of sellers by releasing offers only, one after the other in their order: with the first of
    /// a plan all of the plan, with the others nothing. For a plan that is sold out nothing is locked.
    function _followRelease(uint32 slot, uint256[] memory before) private {
        uint256 left;
        for (uint256 i = USERS; i < TRADERS; ++i) {
            uint256 locked = vault.accountOf(_id(i)).locked;
            _holds(LOCKS, locked <= before[i], "a clearing locked money");
            before[i] -= locked <= before[i] ? locked : before[i];
            left += before[i];
        }
        uint256 n = _nextRelease[slot];
        for (; n < _offerOrder[slot].length; ++n) {
            uint40 ref = _offerOrder[slot][n];
            if (uint8(ref) != 0) continue;
            uint256 amount = _planLock(slot, ref);
            if (left == 0 && amount != 0) break;
            uint256 i = (ref >> 8) - 1;
            if (before[i] < amount) return _holds(LOCKS, false, "a release of another amount than is locked");
            before[i] -= amount;
            left -= amount;
        }
        _holds(LOCKS, left == 0, "more was released than was offered");
        _nextRelease[slot] = n;
    }

    function _conclude(uint32 slot, uint40 ref) private {
        uint256 n = _nextBid[slot];
        if (n == _bidOrder[slot].length) return _holds(TRADES, false, "more bids were concluded than there are");
        _holds(TRADES, _bidOrder[slot][n] == ref, "bids were not concluded in their order");
        _holds(TRADES, !_bids[slot][ref].matched, "a bid was matched twice");
        _nextBid[slot] = n + 1;
    }

    function _countEligible(uint32 slot, uint40 ref) private view returns (uint256 eligible) {
        BidSeen storage bid = _bids[slot][ref];
        uint40[] memory order = _offerOrder[slot];
        for (uint256 n; n < order.length; ++n) {
            if (_eligible(bid, _offers[slot][order[n]])) ++eligible;
        }
    }

    /// @dev A trade must follow from the books, and the contract from the trade.
    function _followTrade(uint32 slot, Vm.Log memory entry) private {
        (, , uint256 origin) = abi.decode(entry.data, (uint256, uint256, uint256));
        uint256 buyer = uint256(entry.topics[2]);
        uint256 seller = uint256(entry.topics[3]);
        uint40 bidRef = uint40((buyer << 8) | uint8(origin));
        uint40 offerRef = uint40((seller << 8) | uint8(origin >> 8));
        _conclude(slot, bidRef);
        _checkDraw(slot, bidRef, offerRef, origin >> 16);
        SupplyContract memory c = supply.contractOf(ContractId.wrap(uint40(uint256(entry.topics[1]))));
        uint256 price = Price.unwrap(c.price);
        uint256 sellerDeposit = _sell(_bids[slot][bidRef], _offers[slot][offerRef], price);
        _checkSigned(c, _bids[slot][bidRef], [price, sellerDeposit, buyer, seller]);
        _holds(TRADES, SlotId.unwrap(c.signed) == slot, "the contract's slot of signing");
        ++_count["traded"];
    }

    /// @dev The brute-force reading of the rule: of all offers that fit, how many come before the one that was drawn?
    function _checkDraw(uint32 slot, uint40 bidRef, uint40 offerRef, uint256 candidates) private {
        uint256 eligible = _countEligible(slot, bidRef);
        uint256 most = parameters.drawAmong;
        _holds(DRAWS, _eligible(_bids[slot][bidRef], _offers[slot][offerRef]), "the drawn offer does not fit the bid");
        _holds(DRAWS, _countCheaper(slot, bidRef, offerRef) < most, "the drawn offer is not among the k cheapest");
        _holds(DRAWS, candidates == (eligible < most ? eligible : most), "the draw was not among the k cheapest");
        if (candidates > 1) ++_count["drawn among several"];
    }

    function _countCheaper(uint32 slot, uint40 bidRef, uint40 offerRef) private view returns (uint256 cheaper) {
        uint40[] memory order = _offerOrder[slot];
        for (uint256 n; n < order.length; ++n) {
            if (!_offerBefore(slot, order[n], offerRef)) continue;
            if (_eligible(_bids[slot][bidRef], _offers[slot][order[n]])) ++cheaper;
        }
    }

    /// @return deposit what the offer needs less of its deposit now
    function _sell(BidSeen storage bid, OfferSeen storage offer, uint256 price) private returns (uint256 deposit) {
        bool within = price >= offer.price && price <= bid.maxPrice;
        bool there = offer.energyLeft >= bid.energy && offer.coresLeft >= bid.cores;
        _holds(TRADES, within, "the price is outside [offer, bid]");
        _holds(TRADES, there, "an offer was sold beyond its energy or cores");
        if (!within || !there) return 0;
        uint256 spread = bid.maxPrice - offer.price;
        _holds(TRADES, price == offer.price + (spread * parameters.sellerShareBps) / 10_000, "the seller's share");
        bid.matched = true;
        deposit = _offerLock(offer.energyLeft, offer.price, offer.reputation);
        offer.energyLeft -= bid.energy;
        offer.coresLeft -= bid.cores;
        deposit -= _offerLock(offer.energyLeft, offer.price, offer.reputation);
    }

    /// @param expected price, seller's deposit, buyer and seller
    function _checkSigned(SupplyContract memory c, BidSeen storage bid, uint256[4] memory expected) private {
        _holds(TRADES, ParticipantId.unwrap(c.buyer) == expected[2], "the contract's buyer");
        _holds(TRADES, ParticipantId.unwrap(c.seller) == expected[3], "the contract's seller");
        _holds(TRADES, Price.unwrap(c.price) == expected[0], "the contract's price");
        _holds(TRADES, c.cores == bid.cores, "the contract's cores");
        _holds(TRADES, CoreSeconds.unwrap(c.coreSeconds) == bid.coreSeconds, "the contract's core-seconds");
        _holds(TRADES, Wh.unwrap(c.energy) == bid.energy, "the contract's energy");
        _holds(TRADES, SlotId.unwrap(c.firstSlot) == bid.earliest, "the contract's first slot");
        _holds(TRADES, SlotId.unwrap(c.deadline) == bid.deadline, "the contract's deadline");
        uint256 escrow = _valueUp(bid.energy, expected[0]);
        _holds(TRADES, c.buyerDeposit == _bpsUp(escrow, _bps(bid.reputation)), "the buyer's deposit");
        _holds(TRADES, c.sellerDeposit == expected[1], "the seller's deposit");
        _holds(TRADES, c.escrow == escrow && c.paid == 0, "the contract's escrow");
    }
}
