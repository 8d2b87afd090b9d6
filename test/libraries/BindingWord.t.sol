// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Role } from "../../contracts/interfaces/IIdentityRegistry.sol";
import { BindingLibrary, BindingWord } from "../../contracts/types/BindingWord.sol";
import { ParticipantId } from "../../contracts/types/ParticipantId.sol";

contract BindingWordTest {
    function testFuzz_BindingIsReadAsItWasPacked(uint32 participant, uint8 number, uint40 validUntil) external pure {
        Role role = Role(number % (uint8(type(Role).max) + 1));
        BindingWord binding = BindingLibrary.pack(ParticipantId.wrap(participant), role, validUntil);
        _requireFields(binding, participant, role, validUntil);
        require(!binding.revoked(), "not revoked");
        _requireFields(binding.asRevoked(), participant, role, validUntil);
        require(binding.asRevoked().revoked(), "revoked");
    }

    function _requireFields(BindingWord binding, uint32 participant, Role role, uint40 validUntil) private pure {
        require(ParticipantId.unwrap(binding.participant()) == participant, "participant");
        require(binding.role() == role, "role");
        require(binding.validUntil() == validUntil, "valid until");
    }
}
