// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IAccessManager } from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import { Enrolment, Identity, IIdentityRegistry, Role, Rotation } from "./interfaces/IIdentityRegistry.sol";
import { IMarketDirectory } from "./interfaces/IMarketDirectory.sol";
import { ISlotAuction } from "./interfaces/ISlotAuction.sol";
import { REGISTRAR_ROLE } from "./libraries/Roles.sol";
import { MarketPart } from "./MarketPart.sol";
import { BindingLibrary, BindingWord } from "./types/BindingWord.sol";
import { ParticipantId } from "./types/ParticipantId.sol";

/// @title IdentityRegistry
/// @notice Implements {IIdentityRegistry}, where everything is described.
contract IdentityRegistry is IIdentityRegistry, MarketPart, AccessManaged, EIP712 {
    /// @dev What does not change with every commitment.
    struct Record {
        address wallet;
        bytes32 certificate;
        string id;
    }

    bytes32 private constant ENROLMENT_TYPEHASH = keccak256(
        "Enrolment(string id,address wallet,uint8 role,bytes32 certificate,uint40 validUntil,uint40 expiry)"
    );
    bytes32 private constant ROTATION_TYPEHASH = keccak256(
        "Rotation(uint32 participant,address wallet,bytes32 certificate,uint40 validUntil,uint40 expiry)"
    );

    uint256 private constant MAX_ID_LENGTH = 64;

    ISlotAuction private immutable _auction;

    mapping(address wallet => BindingWord) private _bindings;
    mapping(ParticipantId => Record) private _records;
    mapping(bytes32 idHash => ParticipantId) private _byId;
    mapping(bytes32 certificate => ParticipantId) private _byCertificate;
    uint32 private _participants;

    /// @param directory_ directory of the market
    constructor(
        IMarketDirectory directory_
    ) MarketPart(directory_) AccessManaged(directory_.addresses().authority) EIP712("heliomarket identities", "1") {
        _auction = ISlotAuction(directory_.addresses().auction);
    }

    // ---------------------------------------------------------------- registrar

    /// @inheritdoc IIdentityRegistry
    function enrol(
        Enrolment calldata enrolment,
        bytes calldata registrarSignature
    ) external returns (ParticipantId participant) {
        uint256 length = bytes(enrolment.id).length;
        if (length == 0 || length > MAX_ID_LENGTH) revert InvalidId(enrolment.id);
        if (enrolment.role == Role.None) revert InvalidRole();
        _checkMessage(enrolment.wallet, enrolment.certificate, enrolment.validUntil, enrolment.expiry);
        bytes32 idHash = keccak256(bytes(enrolment.id));
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ENROLMENT_TYPEHASH,
                    idHash,
                    enrolment.wallet,
                    enrolment.role,
                    enrolment.certificate,
                    enrolment.validUntil,
                    enrolment.expiry
                )
            )
        );
        requireRegistrar(ECDSA.recover(digest, registrarSignature));

        participant = _byId[idHash];
        ParticipantId bound = _bindings[msg.sender].participant();
        if (ParticipantId.unwrap(participant) == 0) {
            if (ParticipantId.unwrap(bound) != 0) revert WalletBound(msg.sender, bound);
            participant = ParticipantId.wrap(++_participants);
            _byId[idHash] = participant;
            _records[participant].id = enrolment.id;
            _records[participant].wallet = msg.sender;
        } else {
            Role role = _bindings[_records[participant].wallet].role();
            if (bound != participant || role != enrolment.role) {
                revert IdBound(enrolment.id, _records[participant].wallet, role);
            }
        }
        _bind(participant, enrolment.role, enrolment.certificate, enrolment.validUntil);
        emit Enrolled(
            participant,
            msg.sender,
            enrolment.certificate,
            enrolment.id,
            enrolment.role,
            enrolment.validUntil
        );
    }

    /// @inheritdoc IIdentityRegistry
    function rotate(
        Rotation calldata rotation,
        bytes calldata registrarSignature,
        bytes calldata walletSignature
    ) external {
        _checkMessage(rotation.wallet, rotation.certificate, rotation.validUntil, rotation.expiry);
        ParticipantId participant = ParticipantId.wrap(rotation.participant);
        address oldWallet = walletOf(participant);
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ROTATION_TYPEHASH,
                    rotation.participant,
                    rotation.wallet,
                    rotation.certificate,
                    rotation.validUntil,
                    rotation.expiry
                )
            )
        );
        requireRegistrar(ECDSA.recover(digest, registrarSignature));
        address signer = ECDSA.recover(digest, walletSignature);
        if (signer != oldWallet) revert NotOldWallet(signer, oldWallet);
        ParticipantId bound = _bindings[msg.sender].participant();
        if (ParticipantId.unwrap(bound) != 0) revert WalletBound(msg.sender, bound);

        Role role = _bindings[oldWallet].role();
        _setBinding(oldWallet, BindingWord.wrap(0));
        _records[participant].wallet = msg.sender;
        _bind(participant, role, rotation.certificate, rotation.validUntil);
        emit Rotated(participant, msg.sender, rotation.certificate, oldWallet, rotation.validUntil);
    }

    /// @inheritdoc IIdentityRegistry
    function revoke(ParticipantId participant) external restricted {
        address wallet = walletOf(participant);
        BindingWord binding = _bindings[wallet];
        if (binding.revoked()) revert ParticipantRevoked(participant);
        _setBinding(wallet, binding.asRevoked());
        emit Revoked(participant, _records[participant].certificate);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IIdentityRegistry
    function participantOf(address wallet) public view returns (ParticipantId) {
        return _bindings[wallet].requireKnown(wallet);
    }

    /// @inheritdoc IIdentityRegistry
    function requireActive(address wallet, Role role) external view returns (ParticipantId) {
        (ParticipantId participant, Role actual) = requireActive(wallet);
        if (actual != role) revert WrongRole(participant, actual, role);
        return participant;
    }

    /// @inheritdoc IIdentityRegistry
    function requireActive(address wallet) public view returns (ParticipantId, Role) {
        return _bindings[wallet].requireActive(wallet);
    }

    /// @inheritdoc IIdentityRegistry
    function requireRegistrar(address signer) public view {
        (bool isRegistrar, ) = IAccessManager(authority()).hasRole(REGISTRAR_ROLE, signer);
        if (!isRegistrar) revert NotRegistrar(signer);
    }

    /// @inheritdoc IIdentityRegistry
    function requireRole(ParticipantId participant, Role role) external view {
        Role actual = _bindings[walletOf(participant)].role();
        if (actual != role) revert WrongRole(participant, actual, role);
    }

    /// @inheritdoc IIdentityRegistry
    function walletOf(ParticipantId participant) public view returns (address wallet) {
        wallet = _records[participant].wallet;
        if (wallet == address(0)) revert UnknownParticipant(participant);
    }

    /// @inheritdoc IIdentityRegistry
    function identityOf(ParticipantId participant) external view returns (Identity memory) {
        BindingWord binding = _bindings[walletOf(participant)];
        Record memory record = _records[participant];
        return
            Identity({
                id: record.id,
                wallet: record.wallet,
                role: binding.role(),
                certificate: record.certificate,
                validUntil: binding.validUntil(),
                revoked: binding.revoked()
            });
    }

    /// @inheritdoc IIdentityRegistry
    function participantById(string calldata id) external view returns (ParticipantId) {
        return _byId[keccak256(bytes(id))];
    }

    /// @inheritdoc IIdentityRegistry
    function participantByCertificate(bytes32 certificate) external view returns (ParticipantId) {
        ParticipantId participant = _byCertificate[certificate];
        Record storage record = _records[participant];
        bool live = record.certificate == certificate && !_bindings[record.wallet].revoked();
        return live ? participant : ParticipantId.wrap(0);
    }

    /// @inheritdoc IIdentityRegistry
    function participants() external view returns (uint256) {
        return _participants;
    }

    // ---------------------------------------------------------------- internals

    /// @dev A fingerprint is used up by the message that carries it, which is why no message can be replayed.
    function _checkMessage(address wallet, bytes32 certificate, uint40 validUntil, uint40 expiry) private view {
        if (msg.sender != wallet) revert NotTheWallet(msg.sender, wallet);
        if (block.timestamp > expiry) revert SignatureExpired(expiry, block.timestamp);
        if (block.timestamp > validUntil) revert CertificateNotValid(validUntil, block.timestamp);
        if (certificate == 0) revert InvalidCertificate();
        if (ParticipantId.unwrap(_byCertificate[certificate]) != 0) revert CertificateUsed(certificate);
    }

    function _bind(ParticipantId participant, Role role, bytes32 certificate, uint40 validUntil) private {
        _records[participant].certificate = certificate;
        _byCertificate[certificate] = participant;
        _setBinding(msg.sender, BindingLibrary.pack(participant, role, validUntil));
    }

    /// @dev The auction keeps a copy, which spares every commitment a call.
    function _setBinding(address wallet, BindingWord binding) private {
        _bindings[wallet] = binding;
        _auction.setBinding(wallet, binding);
    }
}
