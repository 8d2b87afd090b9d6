// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Identity } from "../../contracts/interfaces/IIdentityRegistry.sol";
import { Parameters } from "../../contracts/interfaces/IMarketDirectory.sol";
import { Delivery, MeterState, Reading } from "../../contracts/interfaces/IMeterBook.sol";
import { Chain } from "../../contracts/interfaces/IRandomBeacon.sol";
import { ISettlementToken } from "../../contracts/interfaces/ISettlementToken.sol";
import {
    Bid,
    BookState,
    Commitment,
    Offer,
    Phase,
    Plan,
    PlanState,
    PlanStatus,
    SignedCommitment,
    SignedPlan
} from "../../contracts/interfaces/ISlotAuction.sol";
import { SupplyContract, SupplyStatus } from "../../contracts/interfaces/ISupplyBook.sol";
import {
    Handover,
    Order,
    Quote,
    Transfer,
    TransferMode,
    TransferStatus
} from "../../contracts/interfaces/ITransferBook.sol";
import { ParticipantId } from "../../contracts/types/ParticipantId.sol";
import { SlotId } from "../../contracts/types/SlotId.sol";
import { ContractId, CoreSeconds, Price, TransferId, Wh } from "../../contracts/types/Units.sol";
import { MarketActors } from "./MarketActors.sol";
import { MarketModel } from "./MarketModel.sol";
import { VM } from "./Vm.sol";

/// @title MarketActions
/// @notice What participants and strangers do, one random action a call. Before each call the handler decides from the public
/// views whether it must succeed, and notes a violation of property 0 if it turns out otherwise; so the calls that must fail
/// are tried too. Half of the actions are preceded by what keeps a market going: plans, reveals, clearing, readings, and
/// time.
abstract contract MarketActions is MarketModel {
    /// @dev Ends `withdrawEverything` and undoes it.
    error Undone(bool ok);

    uint256 private constant RANKERS = 3;
    address private constant STRANGER = address(0x57a4e);

    uint256 private _random;
    uint256 private _steps;

    /// @dev Each trader's latest plan, encoded.
    bytes[TRADERS] private _sealed;
    /// @dev What each beacon operator's chain ends in.
    bytes32[ACTORS] private _chainEnds;
    uint40[ACTORS] private _lastDelivered;

    modifier step(uint256 seed) {
        _begin(seed);
        if (_chance(2)) _live();
        _;
        _observe();
    }

    constructor(Parameters memory p) MarketActors(p) {
        for (uint256 i; i < ACTORS; ++i) _wealth[i] = int256(_available(i));
        _begin(0);
        for (uint256 i; i < BEACONS; ++i) _runBeacon(FIRST_BEACON + i);
        _observe();
    }

    // ---------------------------------------------------------------- time

    function warp(uint256 seed) external step(seed) {
        uint256 kind = _next(16);
        if (kind < 3) {
            // Beyond what late readings allow.
            _warpTo(_startOf(_current() + 1 + _next(parameters.lateReadingSlots + 6)) + _next(parameters.slotSeconds));
        } else if (kind < 5) {
            _warpTo(time + 1 + _next(parameters.slotSeconds / 4));
        } else if (kind < 7) {
            _warpTo(_nextBoundary() - 1);
        } else {
            _warpTo(_nextBoundary());
        }
    }

    // ---------------------------------------------------------------- money

    function deposit(uint256 seed) external step(seed) {
        _fund(_next(ACTORS), 1 + _next(40_000_000));
    }

    function withdraw(uint256 seed) external step(seed) {
        uint256 i = _next(ACTORS);
        uint256 available = _available(i);
        uint256 amount = _chance(4) ? available : _next(available + 2);
        bytes memory call = abi.encodeCall(vault.withdraw, (amount, _actors[i].wallet));
        if (_attempt(i, address(vault), call, amount != 0 && amount <= available, "withdraw")) {
            _wealth[i] -= int256(amount);
        }
    }

    function payOut(uint256 seed) external step(seed) {
        uint256 amount = _next(_pool + 2);
        bool ok = amount <= _pool;
        if (_attempt(address(this), address(vault), abi.encodeCall(vault.payOut, (amount, STRANGER)), ok, "payOut")) {
            _pool -= amount;
        }
    }

    /// @dev Tokens that reach the vault without a deposit belong to nobody.
    function donate(uint256 seed) external step(seed) {
        uint256 amount = _next(1000);
        ISettlementToken(address(token)).mint(address(vault), amount);
        _minted += amount;
        _donated += amount;
    }

    // ---------------------------------------------------------------- identities and administration

    function pause(uint256 seed) external step(seed) {
        auction.setPaused(_chance(4));
    }

    function revoke(uint256 seed) external step(seed) {
        // Seldom: who is revoked does nothing new until it is enrolled again.
        if (!_chance(3)) return;
        uint256 i = _next(GRID_OPERATOR);
        bool ok = !identities.identityOf(_id(i)).revoked;
        _attempt(address(this), address(identities), abi.encodeCall(identities.revoke, (_id(i))), ok, "revoke");
        ++_count["revoked"];
    }

    function renew(uint256 seed) external step(seed) {
        uint256 i = _inactiveOr(_next(ACTORS));
        _enrol(i, _validity());
    }

    function rotate(uint256 seed) external step(seed) {
        uint256 i = _inactiveOr(_next(ACTORS));
        _rotate(i, _validity());
        ++_count["rotated"];
    }

    function announce(uint256 seed) external step(seed) {
        uint32 slot = _current() + uint32(_next(2));
        uint256 price = 1 + _next(2_000_000);
        bytes memory call = abi.encodeCall(
            tariff.announce,
            (SlotId.wrap(slot), Price.wrap(uint32(price)), Price.wrap(uint32(_next(price + 1))))
        );
        bool ok = _active(GRID_OPERATOR) && slot > _current();
        _attempt(GRID_OPERATOR, address(tariff), call, ok, "announce");
    }

    // ---------------------------------------------------------------- plans

    function commit(uint256 seed) external step(seed) {
        uint256 slot = _chance(8) ? _current() + _next(3) : _current() + 1;
        _commit(_next(TRADERS), uint32(slot));
    }

    function withdrawPlan(uint256 seed) external step(seed) {
        // Seldom, as a plan that is withdrawn is a plan less.
        if (_chance(2)) _withdrawPlan(_next(TRADERS));
    }

    function reveal(uint256 seed) external step(seed) {
        uint256 i = _next(TRADERS);
        if (_sealed[i].length != 0) _reveal(i, _plan(i));
    }

    /// @dev Takes the money out first, so that the plan is dropped.
    function revealUnfunded(uint256 seed) external step(seed) {
        uint256 i = _next(TRADERS);
        PlanState memory plan = auction.planOf(_id(i));
        bool open = time >= _revealFrom(_current() + 1) && time < _clearFrom(_current() + 1);
        if (!open || plan.status != PlanStatus.Sealed || SlotId.unwrap(plan.slot) != _current() + 1) return;
        _withdrawAll(i);
        _reveal(i, _plan(i));
    }

    function punish(uint256 seed) external step(seed) {
        _punish(_next(TRADERS));
    }

    function releaseBond(uint256 seed) external step(seed) {
        _releaseBond(_next(TRADERS));
    }

    // ---------------------------------------------------------------- clearing

    function clear(uint256 seed) external step(seed) {
        _clear(_anySlot(), _next(RANKERS), _next(3));
    }

    function discardRanking(uint256 seed) external step(seed) {
        address ranker = _ranker(_next(RANKERS));
        (SlotId slot, , ) = auction.rankingOf(ranker);
        bool ok = !_isMatchedBy(SlotId.unwrap(slot), ranker);
        _attempt(ranker, address(auction), abi.encodeCall(auction.discardRanking, ()), ok, "discardRanking");
    }

    function runBeacon(uint256 seed) external step(seed) {
        _runBeacon(FIRST_BEACON + _next(BEACONS));
    }

    function slash(uint256 seed) external step(seed) {
        _slash(FIRST_BEACON + _next(BEACONS));
    }

    function retire(uint256 seed) external step(seed) {
        _retire(FIRST_BEACON + _next(BEACONS));
    }

    // ---------------------------------------------------------------- supply

    function read(uint256 seed) external step(seed) {
        _read(USERS + _next(DATA_CENTRES));
    }

    function settleTab(uint256 seed) external step(seed) {
        uint256 i = USERS + _next(DATA_CENTRES);
        _attempt(STRANGER, address(meters), abi.encodeCall(meters.settleTab, (_id(i))), true, "settleTab");
    }

    function expire(uint256 seed) external step(seed) {
        uint256 open = _openContracts.length;
        if (_contracts == 0) return;
        bool ended = open == 0 || _chance(8);
        _expire(ended ? uint40(1 + _next(_contracts)) : _openContracts[_next(open)]);
    }

    // ---------------------------------------------------------------- transfers

    function quote(uint256 seed) external step(seed) {
        _quote(USERS + _next(DATA_CENTRES));
    }

    function withdrawQuote(uint256 seed) external step(seed) {
        if (_chance(2)) _withdrawQuote(USERS + _next(DATA_CENTRES));
    }

    function take(uint256 seed) external step(seed) {
        _take();
    }

    function handBack(uint256 seed) external step(seed) {
        _handBack();
    }

    function closeOverdue(uint256 seed) external step(seed) {
        if (_openTransfers.length != 0) _closeOverdue(_openTransfers[_next(_openTransfers.length)]);
    }

    function closeReturn(uint256 seed) external step(seed) {
        if (_openTransfers.length != 0) _closeReturn(_openTransfers[_next(_openTransfers.length)]);
    }

    function settle(uint256 seed) external step(seed) {
        if (_transferCount == 0) return;
        uint256 open = _openTransfers.length;
        _settle(open == 0 || _chance(8) ? uint40(1 + _next(_transferCount)) : _openTransfers[_next(open)]);
    }

    // ---------------------------------------------------------------- checks that change the state

    /// @notice Notes a violation of property 9 if somebody cannot withdraw what is available: as things are, and with new
    /// commitments paused and everybody revoked. Leaves everything as it is.
    function checkWithdrawals() external {
        VM.warp(time);
        for (uint256 hard; hard < 2; ++hard) {
            try this.withdrawEverything(hard == 1) {
                _holds(WITHDRAWALS, false, "not undone");
            } catch (bytes memory reason) {
                bool undone = bytes4(reason) == Undone.selector && uint256(bytes32(_tail(reason))) == 1;
                _holds(WITHDRAWALS, undone, hard == 1 ? "paused and revoked" : "as things are");
            }
        }
    }

    /// @notice Withdraws what everybody has available and reverts.
    function withdrawEverything(bool hard) external {
        if (hard) auction.setPaused(true);
        uint256 before = token.balanceOf(address(vault));
        bool ok = true;
        for (uint256 i; i < ACTORS; ++i) {
            if (hard && !identities.identityOf(_id(i)).revoked) identities.revoke(_id(i));
            uint256 available = _available(i);
            if (available == 0) continue;
            uint256 had = token.balanceOf(STRANGER);
            VM.prank(_actors[i].wallet);
            (bool success, ) = address(vault).call(abi.encodeCall(vault.withdraw, (available, STRANGER)));
            ok = ok && success && token.balanceOf(STRANGER) == had + available && _available(i) == 0;
            before -= available;
        }
        revert Undone(ok && token.balanceOf(address(vault)) == before);
    }

    /// @notice Checks that ends are ends, over all contracts and transfers ever signed.
    function checkEnds() external {
        for (uint40 n = 1; n <= _contracts; ++n) _observeContract(n, supply.contractOf(ContractId.wrap(n)));
        for (uint40 n = 1; n <= _transferCount; ++n) _observeTransfer(n, transfers.transferOf(TransferId.wrap(n)));
    }

    /// @notice Brings everything to its end and checks that nothing is locked any more: whatever state the market is in,
    /// money does not stay locked for ever.
    function windUp() external {
        _begin(_steps);
        auction.setPaused(false);
        for (uint256 i; i < ACTORS; ++i) if (!_active(i)) _enrol(i, NEVER);
        // No plan can be revealed any more, and no contract be signed.
        _warpTo(_startOf(_current() + 3));
        while (_openBooks.length != 0) {
            uint32 slot = _openBooks[0];
            for (uint256 n; n < 4 && _openBooks.length != 0 && _openBooks[0] == slot; ++n) _clear(slot, RANKERS, 3);
            if (_openBooks.length != 0 && _openBooks[0] == slot) {
                _holds(LOCKS, false, "a slot cannot be cleared");
                return;
            }
        }
        for (uint256 i; i < TRADERS; ++i) _punish(i);
        _warpTo(_startOf(_current() + 40 + parameters.lateReadingSlots));
        while (_openTransfers.length != 0) {
            uint40 id = _openTransfers[0];
            Transfer memory t = transfers.transferOf(TransferId.wrap(id));
            if (ContractId.unwrap(t.returning) != 0) _closeReturn(id);
            if (t.status == TransferStatus.Executing) _closeOverdue(id);
            if (_openTransfers.length != 0 && _openTransfers[0] == id) _settle(id);
            if (_openTransfers.length != 0 && _openTransfers[0] == id) {
                _holds(LOCKS, false, "a transfer cannot be ended");
                return;
            }
        }
        uint40[] memory contracts = _openContracts;
        for (uint256 n; n < contracts.length; ++n) _expire(contracts[n]);
        _observe();
        _holds(LOCKS, _openContracts.length == 0, "a contract cannot be ended");
        for (uint256 i = USERS; i < TRADERS; ++i) _withdrawQuote(i);
        for (uint256 i; i < TRADERS; ++i) _releaseBond(i);
        for (uint256 i; i < BEACONS; ++i) {
            _retire(FIRST_BEACON + i);
            _slash(FIRST_BEACON + i);
        }
        for (uint256 i; i < ACTORS; ++i) {
            _holds(LOCKS, vault.accountOf(_id(i)).locked == 0, string.concat("money stays locked: ", _actors[i].name));
        }
    }

    // ---------------------------------------------------------------- what keeps a market going

    function _live() private {
        if (auction.paused() && _chance(3)) auction.setPaused(false);
        uint256 inactive = _inactiveOr(ACTORS);
        if (inactive != ACTORS && _chance(3)) _enrol(inactive, NEVER);
        uint32 slot = _current() + 1;
        if (time < _revealFrom(slot)) {
            _liveCommits(slot);
        } else if (time < _clearFrom(slot)) {
            for (uint256 i; i < TRADERS; ++i) {
                if (_plans[i].status != PlanStatus.Sealed || _chance(16)) continue;
                if (_chance(24)) _withdrawAll(i);
                _reveal(i, _plan(i));
            }
        } else {
            for (uint256 i; i < BEACONS; ++i) _runBeacon(FIRST_BEACON + i);
            uint256 ranker = _next(RANKERS);
            if (_openBooks.length != 0) _clear(_openBooks[0], ranker, _chance(3) ? _next(3) : 3);
            if (_openBooks.length != 0 && _chance(2)) _clear(_openBooks[_openBooks.length - 1], ranker, 3);
        }
        if (!_chance(4)) _warpTo(_nextBoundary());
    }

    function _liveCommits(uint32 slot) private {
        for (uint256 i = USERS; i < TRADERS; ++i) {
            for (uint256 n; n < 3 && SlotId.unwrap(meters.stateOf(_id(i)).nextSlot) < _current(); ++n) {
                if (!_chance(8)) _read(i);
            }
        }
        for (uint256 i; i < TRADERS; ++i) {
            if (_available(i) < 10_000_000 && _chance(3)) _fund(i, 40_000_000);
        }
        for (uint256 n; n < 3 && _openContracts.length != 0; ++n) {
            _expire(_openContracts[_next(_openContracts.length)]);
            _observe();
        }
        for (uint256 i = USERS; i < TRADERS; ++i) if (_chance(3)) _quote(i);
        _take();
        _handBack();
        for (uint256 i; i < TRADERS; ++i) if (!_chance(4)) _commit(i, slot);
        if (_chance(8)) _withdrawPlan(_next(TRADERS));
    }

    // ---------------------------------------------------------------- chance and time

    function _begin(uint256 seed) private {
        VM.warp(time);
        _random = uint256(keccak256(abi.encode(seed, ++_steps)));
    }

    function _next(uint256 bound) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % bound;
    }

    function _chance(uint256 oneIn) private returns (bool) {
        return _next(oneIn) == 0;
    }

    function _warpTo(uint256 to) private {
        time = to;
        VM.warp(to);
    }

    /// @dev Where the next window begins.
    function _nextBoundary() private view returns (uint256) {
        uint32 slot = _current() + 1;
        if (time < _revealFrom(slot)) return _revealFrom(slot);
        if (time < _clearFrom(slot)) return _clearFrom(slot);
        uint256 beaconEnds = _clearFrom(slot) + parameters.beaconSeconds;
        return time < beaconEnds ? beaconEnds : _startOf(slot);
    }

    function _validity() private returns (uint40) {
        return _chance(4) ? uint40(time + 1 + _next(uint256(8) * parameters.slotSeconds)) : NEVER;
    }

    // ---------------------------------------------------------------- calls

    function _attempt(
        address caller,
        address target,
        bytes memory data,
        bool expected,
        string memory what
    ) private returns (bool ok) {
        if (caller != address(this)) VM.prank(caller);
        bytes memory reason;
        (ok, reason) = target.call(data);
        if (ok != expected) {
            string memory said = ok ? " succeeded" : string.concat(" failed with ", _hex(reason));
            _holds(CALLS, false, string.concat(what, said));
        }
        ++_count[ok ? "calls" : "refused"];
    }

    function _attempt(
        uint256 i,
        address target,
        bytes memory data,
        bool expected,
        string memory what
    ) private returns (bool) {
        return _attempt(_actors[i].wallet, target, data, expected, what);
    }

    /// @dev An error's selector.
    function _hex(bytes memory reason) private pure returns (string memory) {
        bytes memory digits = "0123456789abcdef";
        bytes memory text = "0x00000000";
        for (uint256 n; n < 4 && n < reason.length; ++n) {
            text[2 + 2 * n] = digits[uint8(reason[n]) >> 4];
            text[3 + 2 * n] = digits[uint8(reason[n]) & 15];
        }
        return string(text);
    }

    /// @dev What follows an error's selector.
    function _tail(bytes memory reason) private pure returns (bytes memory tail) {
        tail = new bytes(32);
        for (uint256 n; n < 32 && n + 4 < reason.length; ++n) tail[n] = reason[n + 4];
    }

    function _active(uint256 i) private view returns (bool) {
        Identity memory identity = identities.identityOf(_id(i));
        return !identity.revoked && time <= identity.validUntil;
    }

    /// @dev Somebody who cannot act, if there is one.
    function _inactiveOr(uint256 i) private view returns (uint256) {
        for (uint256 n; n < ACTORS; ++n) if (!_active(n)) return n;
        return i;
    }

    function _offerable(uint256 i) private view returns (bool) {
        MeterState memory state = meters.stateOf(_id(i));
        return state.tab <= 0 && SlotId.unwrap(state.nextSlot) >= _current();
    }

    /// @dev No delivery of the data centre for the slot can come any more.
    function _final(uint256 i, uint256 slot) private view returns (bool) {
        uint256 next = SlotId.unwrap(meters.stateOf(_id(i)).nextSlot);
        return next > slot || _current() > slot + parameters.lateReadingSlots;
    }

    // ---------------------------------------------------------------- plans, one at a time

    function _plan(uint256 i) private view returns (Plan memory) {
        return abi.decode(_sealed[i], (Plan));
    }

    function _draw(uint256 i, uint32 slot) private returns (Plan memory plan) {
        plan.slot = slot;
        plan.bidder = uint32(i + 1);
        plan.salt = bytes32(_random);
        uint256 items = _chance(32) ? 16 : 1 + _next(4);
        if (i < USERS) {
            plan.bids = new Bid[](items);
            for (uint256 n; n < items; ++n) plan.bids[n] = _drawBid(slot);
        } else {
            plan.offers = new Offer[](items);
            for (uint256 n; n < items; ++n) {
                plan.offers[n] = Offer({
                    // Few prices, so that there are ties.
                    price: uint32((1 + _next(8)) * 100_001),
                    energy: uint32(1 + _next(_chance(2) ? 4000 : 30_000)),
                    cores: uint16(1 + _next(16))
                });
            }
        }
        // A plan that cannot be revealed.
        if (_chance(40)) plan.bidder = 0;
    }

    function _drawBid(uint32 slot) private returns (Bid memory bid) {
        bid.cores = uint16(1 + _next(4));
        bid.energy = uint32(1 + _next(8000));
        bid.maxPrice = uint32((4 + _next(8)) * 100_003);
        bid.earliest = slot + uint32(_next(2));
        bid.deadline = bid.earliest + uint32(_next(3));
        uint256 most = uint256(bid.cores) * (bid.deadline - bid.earliest + 1) * parameters.slotSeconds;
        bid.coreSeconds = uint40(_chance(4) ? most : 1 + _next(most));
        bid.priority = _chance(2);
    }

    /// @dev By the bidder itself, by a relayer, or in a relayer's batch.
    function _commit(uint256 i, uint32 slot) private {
        PlanState memory before = auction.planOf(_id(i));
        Plan memory plan = _draw(i, slot);
        bytes32 commitment = auction.hashPlan(plan);
        uint256 way = _next(4);
        bool replay = way != 0 && _chance(8);
        bool expected = !replay && _mayCommit(i, slot, before);
        bool ok;
        if (way == 0 || way == 3) {
            bytes memory call = abi.encodeCall(auction.commit, (SlotId.wrap(slot), commitment));
            if (way == 3) expected = _mayCommit(i, slot, before);
            ok = _attempt(i, address(auction), call, expected, "commit");
        } else {
            SignedCommitment[] memory batch = new SignedCommitment[](1);
            batch[0].commitment = Commitment({
                slot: slot,
                commitment: commitment,
                replaces: uint32(before.sequence) + (replay ? 1 : 0),
                expiry: uint40(time + _next(100))
            });
            (batch[0].r, batch[0].vs) = _signCompact(_actors[i].key, auction.hashCommitment(batch[0].commitment));
            if (way == 1) {
                bytes memory call = abi.encodeCall(auction.commitSigned, (batch[0]));
                ok = _attempt(STRANGER, address(auction), call, expected, "commitSigned");
            } else {
                bytes memory call = abi.encodeCall(auction.commitBatch, (batch));
                _attempt(STRANGER, address(auction), call, true, "commitBatch");
                ok = auction.planOf(_id(i)).sequence != before.sequence;
                _holds(CALLS, ok == expected, "commitBatch");
            }
        }
        if (!ok) return;
        if (before.status == PlanStatus.Sealed && SlotId.unwrap(before.slot) != slot) {
            _punished(i);
            ++_count["punished by the next commit"];
        }
        if (before.status == PlanStatus.Sealed && SlotId.unwrap(before.slot) == slot) ++_count["plan replaced"];
        _sealed[i] = abi.encode(plan);
        ++_count["committed"];
        _observe();
    }

    function _mayCommit(uint256 i, uint32 slot, PlanState memory before) private view returns (bool) {
        if (auction.paused() || !_active(i)) return false;
        if (time < _commitFrom(slot) || time >= _revealFrom(slot)) return false;
        if (i >= USERS && !_offerable(i)) return false;
        bool bonded = before.bonded;
        if (before.status == PlanStatus.Sealed && SlotId.unwrap(before.slot) != slot) bonded = false;
        if (before.status == PlanStatus.Revealed && auction.bookOf(before.slot).phase != Phase.Cleared) return false;
        return bonded || _available(i) >= _bondOf(i);
    }

    /// @dev By the bidder itself, by a relayer, or in a relayer's batch.
    function _reveal(uint256 i, Plan memory plan) private {
        PlanState memory before = auction.planOf(_id(i));
        bool expected =
            before.status == PlanStatus.Sealed &&
                SlotId.unwrap(before.slot) == plan.slot &&
                time >= _revealFrom(plan.slot) &&
                time < _clearFrom(plan.slot) &&
                plan.bidder != 0;
        uint256 reputation_ = _reputationOf(i);
        uint256 needed = _needed(plan, reputation_);
        bool funded = needed <= _available(i);
        bool ok;
        uint256 way = _next(3);
        if (way == 0) {
            ok = _attempt(i, address(auction), abi.encodeCall(auction.reveal, (plan)), expected, "reveal");
        } else {
            SignedPlan[] memory batch = new SignedPlan[](1);
            batch[0].plan = plan;
            (batch[0].r, batch[0].vs) = _signCompact(_actors[i].key, auction.hashPlan(plan));
            if (way == 1) {
                bytes memory call = abi.encodeCall(auction.revealSigned, (batch[0]));
                ok = _attempt(STRANGER, address(auction), call, expected, "revealSigned");
            } else {
                bytes memory call = abi.encodeCall(auction.revealBatch, (batch));
                _attempt(STRANGER, address(auction), call, true, "revealBatch");
                ok = auction.planOf(_id(i)).status != before.status;
                _holds(CALLS, ok == expected, "revealBatch");
            }
        }
        if (!ok) return;
        PlanState memory plan_ = auction.planOf(_id(i));
        _holds(LOCKS, (plan_.status == PlanStatus.Revealed) == funded, "what a plan needs");
        if (plan_.status == PlanStatus.Revealed) {
            _enterBook(i, plan, reputation_, before.sequence);
            ++_count["revealed"];
        } else {
            _seized(i, _bondOf(i));
            ++_count["dropped"];
        }
        _observe();
    }

    function _needed(Plan memory plan, uint256 reputation_) private view returns (uint256 needed) {
        uint256 bps = _bps(reputation_);
        for (uint256 n; n < plan.bids.length; ++n) {
            uint256 value = _valueUp(plan.bids[n].energy, plan.bids[n].maxPrice);
            needed += value + _bpsUp(value, bps);
        }
        for (uint256 n; n < plan.offers.length; ++n) {
            needed += _bpsUp(_valueUp(plan.offers[n].energy, plan.offers[n].price), bps);
        }
    }

    function _withdrawPlan(uint256 i) private {
        uint32 slot = _current() + 1;
        PlanState memory plan = auction.planOf(_id(i));
        bool mine = plan.status == PlanStatus.Sealed && SlotId.unwrap(plan.slot) == slot;
        bytes memory call = abi.encodeCall(auction.withdrawPlan, (SlotId.wrap(slot)));
        bool ok = _attempt(i, address(auction), call, mine && time < _revealFrom(slot), "withdrawPlan");
        if (ok) ++_count["plan withdrawn"];
        _observe();
    }

    function _fund(uint256 i, uint256 amount) private {
        _deposit(i, amount);
        _wealth[i] += int256(amount);
        _observe();
    }

    function _withdrawAll(uint256 i) private {
        uint256 available = _available(i);
        if (available == 0) return;
        bytes memory call = abi.encodeCall(vault.withdraw, (available, _actors[i].wallet));
        _attempt(i, address(vault), call, true, "withdraw");
        _wealth[i] -= int256(available);
        _observe();
    }

    function _punish(uint256 i) private {
        PlanState memory plan = auction.planOf(_id(i));
        bool expected = plan.status == PlanStatus.Sealed && time >= _clearFrom(SlotId.unwrap(plan.slot));
        if (_attempt(STRANGER, address(auction), abi.encodeCall(auction.punish, (_id(i))), expected, "punish")) {
            _punished(i);
        }
        _observe();
    }

    function _releaseBond(uint256 i) private {
        PlanState memory plan = auction.planOf(_id(i));
        bool expected = plan.bonded && plan.status != PlanStatus.Sealed;
        _attempt(i, address(auction), abi.encodeCall(auction.releaseBond, ()), expected, "releaseBond");
        _observe();
    }

    // ---------------------------------------------------------------- clearing, one page at a time

    function _anySlot() private returns (uint32) {
        uint256 open = _openBooks.length;
        return open == 0 || _chance(8) ? uint32(_next(_current() + 2)) : _openBooks[_next(open)];
    }

    function _ranker(uint256 n) private pure returns (address) {
        return address(uint160(0x1000 + n));
    }

    function _isMatchedBy(uint32 slot, address ranker) private view returns (bool) {
        BookState memory book = auction.bookOf(SlotId.wrap(slot));
        bool matched = book.phase == Phase.Matching || book.phase == Phase.Releasing;
        return matched && book.ranker == ranker;
    }

    /// @param haste 3: everything in one call; otherwise pages of random length
    function _clear(uint32 slot, uint256 rankerIndex, uint256 haste) private {
        address ranker = _ranker(rankerIndex);
        BookState memory book = auction.bookOf(SlotId.wrap(slot));
        uint40[] memory bids;
        uint40[] memory offers;
        uint256 work =
            haste == 3
                ? 1_000_000
                : haste == 0
                    ? 0
                    : _next(haste == 1 ? 6000 : 1_000_000);
        bool expected = book.phase != Phase.Cleared;
        if (book.phase == Phase.Open) {
            (bids, offers, expected) = _nextPage(slot, ranker, haste == 3);
            (SlotId ranked, uint256 bidsListed, uint256 offersListed) = auction.rankingOf(ranker);
            if (SlotId.unwrap(ranked) != slot) (bidsListed, offersListed) = (0, 0);
            bool complete = bidsListed + bids.length == book.bids && offersListed + offers.length == book.offers;
            if (complete && work != 0) {
                (bool isFinal, ) = beacon.valueAt(SlotId.wrap(slot));
                expected = expected && isFinal;
            }
            if (haste != 3 && bids.length > 1 && _chance(8)) {
                (bids[0], bids[1]) = (bids[1], bids[0]);
                expected = false;
            } else if (haste != 3 && offers.length > 1 && _chance(8)) {
                offers[1] = offers[0];
                expected = false;
            }
        } else if (haste != 3 && _chance(8)) {
            bids = new uint40[](1);
            expected = false;
        }
        uint256[] memory locked = new uint256[](TRADERS);
        for (uint256 i; i < TRADERS; ++i) locked[i] = vault.accountOf(_id(i)).locked;
        VM.recordLogs();
        bytes memory call = abi.encodeCall(auction.clear, (SlotId.wrap(slot), bids, offers, work));
        if (_attempt(ranker, address(auction), call, expected, "clear")) {
            _followClearing(slot, VM.getRecordedLogs(), locked);
            if (auction.bookOf(SlotId.wrap(slot)).phase != Phase.Cleared && work != 0) ++_count["pages"];
        }
        _observe();
    }

    /// @dev The next of the slot's order that the ranker has not listed.
    function _nextPage(
        uint32 slot,
        address ranker,
        bool all
    ) private returns (uint40[] memory bids, uint40[] memory offers, bool ok) {
        (SlotId ranked, uint256 bidsListed, uint256 offersListed) = auction.rankingOf(ranker);
        if (SlotId.unwrap(ranked) != slot) {
            if (_isMatchedBy(SlotId.unwrap(ranked), ranker)) return (bids, offers, false);
            (bidsListed, offersListed) = (0, 0);
        }
        bids = _page(_bidOrder[slot], bidsListed, all);
        offers = _page(_offerOrder[slot], offersListed, all);
        ok = time >= _clearFrom(slot);
    }

    function _page(uint40[] storage order, uint256 from, bool all) private returns (uint40[] memory page) {
        uint256 left = order.length - from;
        page = new uint40[](all || _chance(2) ? left : _next(left + 1));
        for (uint256 n; n < page.length; ++n) page[n] = order[from + n];
    }

    // ---------------------------------------------------------------- beacon

    /// @dev Commits to a chain, or opens the next value if it is time and the operator does not forget.
    function _runBeacon(uint256 i) private {
        Chain memory chain = beacon.chainOf(_id(i));
        if (!chain.active) {
            _commitChain(i);
        } else if (!_chance(12)) {
            uint256 slot = SlotId.unwrap(chain.nextSlot);
            if (slot > SlotId.unwrap(chain.lastSlot)) return _retire(i);
            bytes32 value = _chainEnds[i];
            for (uint256 n = slot; n < SlotId.unwrap(chain.lastSlot); ++n) value = keccak256(abi.encode(value));
            bool expected = time >= _clearFrom(slot) && time < _clearFrom(slot) + parameters.beaconSeconds;
            bytes memory call = abi.encodeCall(beacon.open, (_id(i), SlotId.wrap(uint32(slot)), value));
            if (_attempt(STRANGER, address(beacon), call, expected, "open")) ++_count["value opened"];
        }
        _observe();
    }

    function _commitChain(uint256 i) private {
        uint256 length = 1 + _next(6);
        bytes32 value = keccak256(abi.encode(_random));
        bytes32 end = value;
        for (uint256 n; n < length; ++n) value = keccak256(abi.encode(value));
        uint256 first = _current() + (_chance(8) ? 1 : 2);
        bool expected = first > _current() + 1 && _active(i) && _available(i) >= parameters.beaconBond;
        bytes memory call = abi.encodeCall(beacon.commitChain, (value, SlotId.wrap(uint32(first)), uint32(length)));
        if (_attempt(i, address(beacon), call, expected, "commitChain")) _chainEnds[i] = end;
    }

    function _slash(uint256 i) private {
        Chain memory chain = beacon.chainOf(_id(i));
        uint256 missed = SlotId.unwrap(chain.nextSlot);
        bool expected =
            chain.active &&
                missed <= SlotId.unwrap(chain.lastSlot) &&
                time >= _clearFrom(missed) + parameters.beaconSeconds;
        if (_attempt(STRANGER, address(beacon), abi.encodeCall(beacon.slash, (_id(i))), expected, "slash")) {
            _seized(i, parameters.beaconBond);
            ++_count["slashed"];
        }
        _observe();
    }

    function _retire(uint256 i) private {
        Chain memory chain = beacon.chainOf(_id(i));
        bool expected = chain.active && chain.nextSlot > chain.lastSlot;
        if (_attempt(STRANGER, address(beacon), abi.encodeCall(beacon.retire, (_id(i))), expected, "retire")) {
            ++_count["retired"];
        }
        _observe();
    }

    // ---------------------------------------------------------------- readings

    /// @dev The data centre's next reading, in one part or more; now and then one that must be refused.
    function _read(uint256 i) private {
        MeterState memory state = meters.stateOf(_id(i));
        uint256 next = SlotId.unwrap(state.nextSlot);
        uint256 late = parameters.lateReadingSlots;
        uint256 slot = _current() > late && next < _current() - late ? _current() - late : next;
        Reading memory reading;
        reading.dataCentre = uint32(i + 1);
        reading.slot = uint32(slot);
        reading.part = slot == next ? state.nextPart : 0;
        reading.last = reading.part == 2 || !_chance(6);
        bool expected = slot < _current() && _active(FIRST_METER + i - USERS);
        Delivery memory used = _deliveries(i, reading, state);
        if (reading.part == 0) {
            reading.esdIn = uint32(_next(5000));
            reading.gridExport = uint32(_next(3) * 2000);
            reading.pv = used.pv + reading.esdIn + reading.gridExport + uint32(_next(5000));
            reading.esdOut = used.esd + uint32(_next(500));
            reading.gridImport = used.grid + uint32(_next(2) * _next(_chance(40) ? 90_000 : 6000));
        }
        if (_chance(24) && reading.deliveries.length != 0) {
            // More than is left of the contract, or more energy than there is.
            if (_chance(2)) reading.deliveries[0].coreSeconds = type(uint40).max;
            else reading.deliveries[0].pv = type(uint32).max;
            expected = false;
        }
        int256 owed = _priceOf(reading);
        bytes memory signature = _signReading(_actors[FIRST_METER + i - USERS].key, reading);
        bytes memory call = abi.encodeCall(meters.submit, (reading, signature));
        if (!_attempt(STRANGER, address(meters), call, expected, "submit")) return _observe();
        if (slot != next) ++_count["readings missed"];
        _metered[i] += owed;
        uint256 parts = reading.deliveries.length;
        _lastDelivered[i] =
            reading.last
                ? 0
                : parts == 0
                    ? _lastDelivered[i]
                    : reading.deliveries[parts - 1].contractId;
        _count["deliveries"] += parts;
        ++_count["readings"];
        if (meters.stateOf(_id(i)).tab > 0) ++_count["arrears"];
        _observe();
    }

    function _priceOf(Reading memory reading) private view returns (int256) {
        if (reading.part != 0) return 0;
        (Price importPrice, Price feedInPrice) = tariff.pricesAt(_id(GRID_OPERATOR), SlotId.wrap(reading.slot));
        uint256 paid = (uint256(reading.gridImport) * Price.unwrap(importPrice)) / 1000;
        uint256 earned = (uint256(reading.gridExport) * Price.unwrap(feedInPrice)) / 1000;
        return int256(paid) - int256(earned);
    }

    /// @return used energy of all deliveries together
    function _deliveries(
        uint256 i,
        Reading memory reading,
        MeterState memory state
    ) private returns (Delivery memory used) {
        Delivery[] memory found = new Delivery[](_openContracts.length);
        uint256 n;
        for (uint256 k; k < _openContracts.length; ++k) {
            uint40 id = _openContracts[k];
            if (reading.part != 0 && id <= _lastDelivered[i]) continue;
            SupplyContract memory c = supply.contractOf(ContractId.wrap(id));
            uint256 left = _deliverable(i, id, c, reading.slot);
            if (left == 0 || _chance(8)) continue;
            Delivery memory d = _deliver(id, c, left);
            if (reading.part != 0) {
                // Only the first part brings energy.
                d.pv = used.pv + d.pv > Wh.unwrap(state.pvLeft) ? 0 : d.pv;
                d.esd = used.esd + d.esd > Wh.unwrap(state.esdLeft) ? 0 : d.esd;
                d.grid = used.grid + d.grid > Wh.unwrap(state.gridLeft) ? 0 : d.grid;
            }
            used.pv += d.pv;
            used.esd += d.esd;
            used.grid += d.grid;
            found[n++] = d;
        }
        reading.deliveries = new Delivery[](n);
        for (uint256 k; k < n; ++k) reading.deliveries[k] = found[k];
    }

    /// @dev Core-seconds that the data centre may deliver for the contract in the slot.
    function _deliverable(
        uint256 i,
        uint40 id,
        SupplyContract memory c,
        uint256 slot
    ) private view returns (uint256 left) {
        if (slot < SlotId.unwrap(c.firstSlot) || slot > SlotId.unwrap(c.deadline)) return 0;
        Handover memory h = transfers.handoverOf(ContractId.wrap(id));
        uint256 handedOver = CoreSeconds.unwrap(h.coreSeconds) - CoreSeconds.unwrap(h.executed);
        if (_index(c.seller) == i) {
            left = CoreSeconds.unwrap(c.coreSeconds) - CoreSeconds.unwrap(c.delivered) - handedOver;
        } else if (c.handedOver && _index(h.executor) == i) {
            left = slot < SlotId.unwrap(h.from) || slot > SlotId.unwrap(h.due) ? 0 : handedOver;
        }
        uint256 most = uint256(c.cores) * parameters.slotSeconds;
        if (left > most) left = most;
    }

    function _deliver(uint40 id, SupplyContract memory c, uint256 left) private returns (Delivery memory d) {
        d.contractId = id;
        d.coreSeconds = uint40(_chance(3) ? 1 + _next(left) : left);
        uint256 energy = (uint256(Wh.unwrap(c.energy)) * d.coreSeconds) / CoreSeconds.unwrap(c.coreSeconds);
        uint256 pv = _next(energy + 1);
        uint256 esd = _next(energy - pv + 1);
        (d.pv, d.esd, d.grid) = (uint32(pv), uint32(esd), uint32(energy - pv - esd));
    }

    function _expire(uint40 id) private {
        SupplyContract memory c = supply.contractOf(ContractId.wrap(id));
        bool expected =
            c.status == SupplyStatus.Running && !c.handedOver && _final(_index(c.seller), SlotId.unwrap(c.deadline));
        bytes memory call = abi.encodeCall(supply.expire, (ContractId.wrap(id)));
        _attempt(STRANGER, address(supply), call, expected, "expire");
    }

    // ---------------------------------------------------------------- transfers, one at a time

    function _quote(uint256 i) private {
        Quote memory q = Quote({
            price: Price.wrap(uint32((1 + _next(6)) * 100_007)),
            energy: Wh.wrap(uint32(1 + _next(20_000))),
            cores: uint16(2 + _next(16)),
            firstSlot: SlotId.wrap(_current()),
            lastSlot: SlotId.wrap(_current() + uint32(1 + _next(4))),
            repaymentSlots: uint16(_next(7))
        });
        uint256 bps = _bps(_reputationOf(i));
        uint256 needed = _bpsUp(_valueUp(Wh.unwrap(q.energy), Price.unwrap(q.price)), bps);
        Quote memory old = transfers.quoteOf(_id(i));
        uint256 released = _bpsUp(_valueUp(Wh.unwrap(old.energy), Price.unwrap(old.price)), _quoteBps[i]);
        bool expected = !auction.paused() && _active(i) && _offerable(i) && _available(i) + released >= needed;
        if (_attempt(i, address(transfers), abi.encodeCall(transfers.quote, (q)), expected, "quote")) {
            _quoteBps[i] = bps;
            ++_count["quoted"];
        }
        _observe();
    }

    function _withdrawQuote(uint256 i) private {
        bool expected = Price.unwrap(transfers.quoteOf(_id(i)).price) != 0;
        _attempt(i, address(transfers), abi.encodeCall(transfers.withdrawQuote, ()), expected, "withdrawQuote");
        _observe();
    }

    function _take() private {
        if (_openContracts.length == 0) return;
        Order memory order;
        order.contractId = _transferable(_next(_openContracts.length));
        SupplyContract memory c = supply.contractOf(order.contractId);
        uint256 first = _index(c.seller);
        uint256 target = _quoter(first);
        order.target = _id(target);
        Quote memory q = transfers.quoteOf(order.target);
        uint256 open = CoreSeconds.unwrap(c.coreSeconds) - CoreSeconds.unwrap(c.delivered);
        order.coreSeconds = CoreSeconds.wrap(uint40(_chance(2) ? open : 1 + _next(open)));
        order.maxPrice = Price.wrap(Price.unwrap(q.price) - (_chance(16) && Price.unwrap(q.price) != 0 ? 1 : 0));
        order.due = SlotId.wrap(_current() + uint32(_next(3)));
        if (order.due > c.deadline && !_chance(8)) order.due = c.deadline;
        order.repaymentSlots = _chance(2) ? q.repaymentSlots : uint16(_next(uint256(q.repaymentSlots) + 2));
        if (order.due < c.firstSlot && !_chance(8)) order.due = c.firstSlot;
        order.networkFee = uint64(_next(2) * _next(100_000));
        bool expected = first != target && _mayTake(first, target, order, c, q);
        if (_attempt(first, address(transfers), abi.encodeCall(transfers.take, (order)), expected, "take")) {
            ++_count[order.repaymentSlots == 0 ? "taken for payment" : "taken for compute time"];
        }
        _observe();
    }

    /// @dev From the `from`th open contract on, one that can still be delivered and is not handed over; else that one.
    function _transferable(uint256 from) private view returns (ContractId id) {
        for (uint256 n; n < _openContracts.length; ++n) {
            id = ContractId.wrap(_openContracts[(from + n) % _openContracts.length]);
            SupplyContract memory c = supply.contractOf(id);
            if (!c.handedOver && SlotId.unwrap(c.deadline) >= _current()) return id;
        }
        return ContractId.wrap(_openContracts[from]);
    }

    /// @dev Mostly another data centre that has a quote.
    function _quoter(uint256 first) private returns (uint256 target) {
        uint256 from = _next(DATA_CENTRES);
        if (_chance(16)) return USERS + from;
        for (uint256 n; n < DATA_CENTRES; ++n) {
            target = USERS + ((from + n) % DATA_CENTRES);
            if (target != first && Price.unwrap(transfers.quoteOf(_id(target)).price) != 0) return target;
        }
    }

    function _mayTake(
        uint256 first,
        uint256 target,
        Order memory order,
        SupplyContract memory c,
        Quote memory q
    ) private view returns (bool) {
        if (auction.paused() || !_active(first) || !_active(target) || c.handedOver) return false;
        if (Price.unwrap(q.price) == 0 || Price.unwrap(order.maxPrice) < Price.unwrap(q.price)) return false;
        if (order.repaymentSlots > q.repaymentSlots || c.cores > q.cores) return false;
        if (SlotId.unwrap(order.due) < _current() || !_feasible(c, order.coreSeconds, order.due)) return false;
        if (order.due < q.firstSlot || order.due > q.lastSlot || order.due > c.deadline) return false;
        uint256 total = CoreSeconds.unwrap(c.coreSeconds);
        uint256 energy = (uint256(Wh.unwrap(c.energy)) * CoreSeconds.unwrap(order.coreSeconds) + total - 1) / total;
        if (energy > Wh.unwrap(q.energy)) return false;
        uint256 price = order.repaymentSlots == 0 ? Price.unwrap(q.price) : Price.unwrap(c.price);
        return _available(first) >= _valueUp(energy, price) + order.networkFee;
    }

    /// @dev The contract's cores can do the work by the end of the due slot, and not before its first slot.
    function _feasible(SupplyContract memory c, CoreSeconds share, SlotId due) private view returns (bool) {
        if (due < c.firstSlot) return false;
        uint256 start = _startOf(SlotId.unwrap(c.firstSlot));
        if (start < time) start = time;
        uint256 end = _startOf(uint256(SlotId.unwrap(due)) + 1);
        return end > start && CoreSeconds.unwrap(share) <= c.cores * (end - start);
    }

    function _handBack() private {
        if (_openTransfers.length == 0 || _openContracts.length == 0) return;
        TransferId id = _indebted(_next(_openTransfers.length));
        Transfer memory t = transfers.transferOf(id);
        ContractId contractId = _ownOf(t.target, _next(_openContracts.length));
        SupplyContract memory c = supply.contractOf(contractId);
        uint256 open = CoreSeconds.unwrap(c.coreSeconds) - CoreSeconds.unwrap(c.delivered);
        uint256 most = CoreSeconds.unwrap(t.executed) - CoreSeconds.unwrap(t.repaid);
        if (open < most) most = open;
        uint256 share =
            _chance(8)
                ? most + 1
                : _chance(2)
                    ? most
                    : _next(most + 1);
        SlotId due = SlotId.wrap(_current() + uint32(_next(3)));
        if (due > t.periodEnd && !_chance(8)) due = t.periodEnd;
        if (due > c.deadline && !_chance(8)) due = c.deadline;
        bool expected = _active(_index(t.target)) && t.mode == TransferMode.ComputeTime;
        expected = expected && ContractId.unwrap(t.returning) == 0 && c.seller == t.target && !c.handedOver;
        expected = expected && share != 0 && share <= most;
        expected = expected && SlotId.unwrap(due) >= _current() && due <= c.deadline && due <= t.periodEnd;
        expected = expected && _feasible(c, CoreSeconds.wrap(uint40(share)), due);
        bytes memory call = abi.encodeCall(transfers.handBack, (id, contractId, CoreSeconds.wrap(uint40(share)), due));
        if (_attempt(_index(t.target), address(transfers), call, expected, "handBack")) ++_count["handed back"];
        _observe();
    }

    /// @dev From the `from`th open transfer on, one of which compute time is owed; else that one.
    function _indebted(uint256 from) private view returns (TransferId id) {
        for (uint256 n; n < _openTransfers.length; ++n) {
            id = TransferId.wrap(_openTransfers[(from + n) % _openTransfers.length]);
            Transfer memory t = transfers.transferOf(id);
            bool owed = CoreSeconds.unwrap(t.executed) > CoreSeconds.unwrap(t.repaid);
            if (owed && t.mode == TransferMode.ComputeTime && ContractId.unwrap(t.returning) == 0) return id;
        }
        return TransferId.wrap(_openTransfers[from]);
    }

    /// @dev From the `from`th open contract on, one that `seller` has still to deliver itself; else that one.
    function _ownOf(ParticipantId seller, uint256 from) private view returns (ContractId id) {
        for (uint256 n; n < _openContracts.length; ++n) {
            id = ContractId.wrap(_openContracts[(from + n) % _openContracts.length]);
            SupplyContract memory c = supply.contractOf(id);
            if (c.seller == seller && !c.handedOver && SlotId.unwrap(c.deadline) >= _current()) return id;
        }
        return ContractId.wrap(_openContracts[from]);
    }

    function _closeOverdue(uint40 id) private {
        Transfer memory t = transfers.transferOf(TransferId.wrap(id));
        bool expected = t.status == TransferStatus.Executing && _final(_index(t.target), SlotId.unwrap(t.due));
        bytes memory call = abi.encodeCall(transfers.closeOverdue, (TransferId.wrap(id)));
        _attempt(STRANGER, address(transfers), call, expected, "closeOverdue");
        _observe();
    }

    function _closeReturn(uint40 id) private {
        Transfer memory t = transfers.transferOf(TransferId.wrap(id));
        bool expected = ContractId.unwrap(t.returning) != 0;
        if (expected) {
            uint256 due = SlotId.unwrap(transfers.handoverOf(t.returning).due);
            expected = _final(_index(t.first), due);
        }
        bytes memory call = abi.encodeCall(transfers.closeReturn, (TransferId.wrap(id)));
        if (_attempt(STRANGER, address(transfers), call, expected, "closeReturn")) ++_count["return closed"];
        _observe();
    }

    function _settle(uint40 id) private {
        Transfer memory t = transfers.transferOf(TransferId.wrap(id));
        bool expected =
            t.status == TransferStatus.Owing &&
                _current() > SlotId.unwrap(t.periodEnd) &&
                ContractId.unwrap(t.returning) == 0;
        bytes memory call = abi.encodeCall(transfers.settle, (TransferId.wrap(id)));
        _attempt(STRANGER, address(transfers), call, expected, "settle");
        _observe();
    }
}
