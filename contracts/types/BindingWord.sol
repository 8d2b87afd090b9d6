// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Role } from "../interfaces/IIdentityRegistry.sol";
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
