// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Account number that the registry gives to a participant's ID once and for ever; 0 is nobody.
/// @dev Funds, reputation, plans and contracts are keyed by this number and so survive a change of wallet or certificate.
type ParticipantId is uint32;

using { equals as ==, differs as != } for ParticipantId global;

function equals(ParticipantId a, ParticipantId b) pure returns (bool) {
    return ParticipantId.unwrap(a) == ParticipantId.unwrap(b);
}

function differs(ParticipantId a, ParticipantId b) pure returns (bool) {
    return ParticipantId.unwrap(a) != ParticipantId.unwrap(b);
}
