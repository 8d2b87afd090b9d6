// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { IIdentityRegistry, Role } from "./interfaces/IIdentityRegistry.sol";
import { Addresses, IMarketDirectory, Parameters } from "./interfaces/IMarketDirectory.sol";
import { Chain, IRandomBeacon } from "./interfaces/IRandomBeacon.sol";
import { IReputation } from "./interfaces/IReputation.sol";
import { IVault } from "./interfaces/IVault.sol";
import { MarketPart } from "./MarketPart.sol";
import { SlotClock } from "./SlotClock.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { SlotId } from "./types/SlotId.sol";

/// @title RandomBeacon
/// @notice Implements {IRandomBeacon}, where everything is described.
contract RandomBeacon is IRandomBeacon, MarketPart, SlotClock {
    uint256 private constant MAX_OPERATORS = 8;

    /// @dev A year of hourly values.
    uint32 private constant MAX_LENGTH = 8784;

    /// @dev A chain committed to during slot `c` can first serve slot `c + 2`, whose commit window has not opened.
    uint32 private constant LEAD_SLOTS = 2;

    IIdentityRegistry private immutable _identities;
    IVault private immutable _vault;
    IReputation private immutable _reputation;
    uint256 private immutable _bond;
    /// @dev From the start of a slot back to the end of the reveal window of its auction, seconds.
    uint256 private immutable _opensBefore;
    uint256 private immutable _openSeconds;

    ParticipantId[] private _operators;
    mapping(ParticipantId operator => Chain) private _chains;
    mapping(SlotId => uint256) private _values;

    /// @param directory_ directory of the market
    constructor(IMarketDirectory directory_) MarketPart(directory_) SlotClock(directory_.parameters()) {
        Addresses memory market = directory_.addresses();
        Parameters memory p = directory_.parameters();
        _identities = IIdentityRegistry(market.identities);
        _vault = IVault(market.vault);
        _reputation = IReputation(market.reputation);
        _bond = p.beaconBond;
        _opensBefore = p.slotSeconds - p.commitSeconds - p.revealSeconds;
        _openSeconds = p.beaconSeconds;
    }

    /// @inheritdoc IRandomBeacon
    function commitChain(bytes32 anchor, SlotId firstSlot, uint32 length) external {
        ParticipantId operator = _identities.requireActive(msg.sender, Role.Beacon);
        Chain storage chain = _chains[operator];
        if (chain.active) revert ChainActive(operator);
        if (_operators.length == MAX_OPERATORS) revert TooManyOperators(MAX_OPERATORS);
        SlotId earliest = currentSlot().plus(LEAD_SLOTS);
        if (firstSlot < earliest || firstSlot > earliest.plus(MAX_LENGTH) || length == 0 || length > MAX_LENGTH) {
            revert InvalidChain(firstSlot, length, earliest, MAX_LENGTH);
        }

        SlotId lastSlot = firstSlot.plus(length - 1);
        _chains[operator] = Chain({ last: anchor, nextSlot: firstSlot, lastSlot: lastSlot, active: true });
        _operators.push(operator);
        emit ChainCommitted(operator, anchor, firstSlot, lastSlot);
        _vault.lock(operator, _bond);
    }

    /// @inheritdoc IRandomBeacon
    function open(ParticipantId operator, SlotId slot, bytes32 value) external {
        Chain storage chain = _active(operator);
        if (slot != chain.nextSlot) revert WrongSlot(slot, chain.nextSlot);
        if (slot > chain.lastSlot) revert NoChain(operator);
        if (keccak256(abi.encode(value)) != chain.last) revert NotThePreimage(value, chain.last);
        uint256 from = _opensAt(slot);
        if (block.timestamp < from || block.timestamp >= from + _openSeconds) {
            revert WrongWindow(slot, from, from + _openSeconds, block.timestamp);
        }

        chain.last = value;
        chain.nextSlot = slot.plus(1);
        unchecked {
            // A sum modulo 2^256, so that the order of the openings does not matter.
            _values[slot] += uint256(keccak256(abi.encode(operator, value)));
        }
        emit ValueOpened(operator, slot, value);
    }

    /// @inheritdoc IRandomBeacon
    function slash(ParticipantId operator) external {
        Chain storage chain = _active(operator);
        SlotId missed = chain.nextSlot;
        if (missed > chain.lastSlot || block.timestamp < _opensAt(missed) + _openSeconds) {
            revert NothingMissed(operator, missed);
        }
        _remove(operator);
        emit OperatorSlashed(operator, missed, _bond);
        _vault.seize(operator, _bond);
        _reputation.penalizeDefault(operator);
    }

    /// @inheritdoc IRandomBeacon
    function retire(ParticipantId operator) external {
        Chain storage chain = _active(operator);
        if (chain.nextSlot <= chain.lastSlot) revert ChainNotOver(operator, chain.lastSlot);
        _remove(operator);
        emit ChainRetired(operator);
        _vault.unlock(operator, _bond);
    }

    /// @inheritdoc IRandomBeacon
    function valueAt(SlotId slot) external view returns (bool isFinal, bytes32 value) {
        value = bytes32(_values[slot]);
        uint256 from = _opensAt(slot);
        if (block.timestamp >= from + _openSeconds) return (true, value);
        if (block.timestamp < from) return (false, value);
        uint256 count = _operators.length;
        for (uint256 i; i < count; ++i) {
            Chain storage chain = _chains[_operators[i]];
            // An operator that missed an earlier slot cannot open this one.
            if (chain.nextSlot == slot && slot <= chain.lastSlot) return (false, value);
        }
        return (true, value);
    }

    /// @inheritdoc IRandomBeacon
    function chainOf(ParticipantId operator) external view returns (Chain memory) {
        return _chains[operator];
    }

    /// @inheritdoc IRandomBeacon
    function operators() external view returns (ParticipantId[] memory) {
        return _operators;
    }

    function _active(ParticipantId operator) private view returns (Chain storage chain) {
        chain = _chains[operator];
        if (!chain.active) revert NoChain(operator);
    }

    function _opensAt(SlotId slot) private view returns (uint256) {
        return startOf(slot) - _opensBefore;
    }

    function _remove(ParticipantId operator) private {
        _chains[operator].active = false;
        uint256 last = _operators.length - 1;
        for (uint256 i; i < last; ++i) {
            if (_operators[i] == operator) {
                _operators[i] = _operators[last];
                break;
            }
        }
        _operators.pop();
    }
}
