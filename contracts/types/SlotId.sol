// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Number of a market slot; slot `n` covers `[genesis + n * slotSeconds, genesis + (n + 1) * slotSeconds)`.
type SlotId is uint32;

using {
    equals as ==,
    differs as !=,
    isBefore as <,
    isAfter as >,
    isAtMost as <=,
    isAtLeast as >=,
    plus
} for SlotId global;

function equals(SlotId a, SlotId b) pure returns (bool) {
    return SlotId.unwrap(a) == SlotId.unwrap(b);
}

function differs(SlotId a, SlotId b) pure returns (bool) {
    return SlotId.unwrap(a) != SlotId.unwrap(b);
}

function isBefore(SlotId a, SlotId b) pure returns (bool) {
    return SlotId.unwrap(a) < SlotId.unwrap(b);
}

function isAfter(SlotId a, SlotId b) pure returns (bool) {
    return SlotId.unwrap(a) > SlotId.unwrap(b);
}

function isAtMost(SlotId a, SlotId b) pure returns (bool) {
    return SlotId.unwrap(a) <= SlotId.unwrap(b);
}

function isAtLeast(SlotId a, SlotId b) pure returns (bool) {
    return SlotId.unwrap(a) >= SlotId.unwrap(b);
}

/// @notice The slot `count` slots later.
function plus(SlotId a, uint32 count) pure returns (SlotId) {
    return SlotId.wrap(SlotId.unwrap(a) + count);
}
