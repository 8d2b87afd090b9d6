// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Signs enrolments, rotations and sites, and revokes certificates.
uint64 constant REGISTRAR_ROLE = 1;

/// @dev Mints the settlement token.
uint64 constant ISSUER_ROLE = 2;

/// @dev Pauses new commitments, and nothing else.
uint64 constant PAUSER_ROLE = 3;

/// @dev Pays out of the penalty pool, which belongs to no participant.
uint64 constant TREASURER_ROLE = 4;
