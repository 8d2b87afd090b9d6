// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { IIdentityRegistry, Role } from "../interfaces/IIdentityRegistry.sol";
import { Bits } from "../libraries/Bits.sol";
import { ParticipantId } from "./ParticipantId.sol";

/// @notice All that a commitment needs to know of the wallet it comes from, in one word, from the lowest bit: participant 32,
/// role 8, last second of the certificate's validity 40, revoked 8.
type BindingWord is uint256;

using BindingLibrary for BindingWord global;

/// @title BindingLibrary
library BindingLibrary {
    using Bits for uint256;

    function pack(ParticipantId participant_, Role role_, uint40 validUntil_) internal pure returns (BindingWord) {
        uint256 word = ParticipantId.unwrap(participant_) | (uint256(role_) << 32) | (uint256(validUntil_) << 40);
        return BindingWord.wrap(word);
    }

    /// @dev The participant that the wallet belongs to; reverts for an unknown wallet only.
    function requireKnown(BindingWord word, address wallet) internal pure returns (ParticipantId) {
        if (BindingWord.unwrap(word) == 0) revert IIdentityRegistry.UnknownWallet(wallet);
        return word.participant();
    }

    /// @dev The participant that the wallet belongs to and its role, if it is neither revoked nor expired.
    function requireActive(BindingWord word, address wallet) internal view returns (ParticipantId known, Role role_) {
        known = word.requireKnown(wallet);
        if (word.revoked()) revert IIdentityRegistry.ParticipantRevoked(known);
        if (block.timestamp > word.validUntil()) {
            revert IIdentityRegistry.CertificateExpired(known, word.validUntil(), block.timestamp);
        }
        role_ = word.role();
    }

    function participant(BindingWord word) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(BindingWord.unwrap(word)));
    }

    function role(BindingWord word) internal pure returns (Role) {
        return Role(BindingWord.unwrap(word).read(32, 8));
    }

    function validUntil(BindingWord word) internal pure returns (uint40) {
        return uint40(BindingWord.unwrap(word) >> 40);
    }

    function revoked(BindingWord word) internal pure returns (bool) {
        return BindingWord.unwrap(word) >> 80 != 0;
    }

    function asRevoked(BindingWord word) internal pure returns (BindingWord) {
        return BindingWord.wrap(BindingWord.unwrap(word) | (1 << 80));
    }
}
