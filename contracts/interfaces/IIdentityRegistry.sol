// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../types/ParticipantId.sol";

/// @notice What a participant does in the market. A participant has one role for ever.
enum Role {
    None,
    User,
    DataCentre,
    Meter,
    GridOperator,
    NetworkOperator,
    Beacon
}

/// @notice What the registrar signs (EIP-712) to bind a wallet to an ID, a certificate and a role.
struct Enrolment {
    /// @dev Unique participant ID as in the certificate's subject, 1 to 64 bytes of UTF-8.
    string id;
    /// @dev The wallet, which sends the enrolment itself.
    address wallet;
    Role role;
    /// @dev SHA-256 fingerprint of the X.509 certificate in DER.
    bytes32 certificate;
    /// @dev Last second of the certificate's validity, Unix time.
    uint40 validUntil;
    /// @dev Last second at which this signature can be used, Unix time.
    uint40 expiry;
}

/// @notice What the registrar and the old wallet sign (EIP-712) to move a participant to a new wallet and certificate.
struct Rotation {
    uint32 participant;
    /// @dev The new wallet, which sends the rotation itself.
    address wallet;
    /// @dev SHA-256 fingerprint of the new X.509 certificate in DER.
    bytes32 certificate;
    /// @dev Last second of the new certificate's validity, Unix time.
    uint40 validUntil;
    /// @dev Last second at which these signatures can be used, Unix time.
    uint40 expiry;
}

/// @notice A participant as the registry knows it.
struct Identity {
    string id;
    address wallet;
    Role role;
    bytes32 certificate;
    uint40 validUntil;
    bool revoked;
}

/// @title IIdentityRegistry
/// @notice Binds wallet, unique participant ID, X.509 certificate and role (the paper, section 2.1). There is at most one
/// live binding per ID, wallet and certificate; an ID keeps its account number for ever, a certificate is never used twice.
/// A participant that is revoked or expired can make no new commitment, but keeps command of its funds, and its running
/// contracts settle.
interface IIdentityRegistry {
    /// @notice A participant was enrolled, or enrolled again with a new certificate.
    event Enrolled(
        ParticipantId indexed participant,
        address indexed wallet,
        bytes32 indexed certificate,
        string id,
        Role role,
        uint40 validUntil
    );

    /// @notice A participant moved to a new wallet and certificate.
    event Rotated(
        ParticipantId indexed participant,
        address indexed wallet,
        bytes32 indexed certificate,
        address oldWallet,
        uint40 validUntil
    );

    /// @notice The registrar revoked a participant's certificate.
    event Revoked(ParticipantId indexed participant, bytes32 indexed certificate);

    /// @notice The wallet belongs to no participant.
    error UnknownWallet(address wallet);

    /// @notice No participant has this number.
    error UnknownParticipant(ParticipantId participant);

    /// @notice The participant's certificate was revoked.
    error ParticipantRevoked(ParticipantId participant);

    /// @notice The participant's certificate is past its validity.
    error CertificateExpired(ParticipantId participant, uint256 validUntil, uint256 time);

    /// @notice The participant has another role than the one that the call needs.
    error WrongRole(ParticipantId participant, Role role, Role needed);

    /// @notice An ID has 1 to 64 bytes.
    error InvalidId(string id);

    /// @notice A participant needs a role other than `None`.
    error InvalidRole();

    /// @notice The fingerprint of a certificate is not 0.
    error InvalidCertificate();

    /// @notice The certificate was bound before, to this or another participant.
    error CertificateUsed(bytes32 certificate);

    /// @notice The certificate's validity ends before the present block.
    error CertificateNotValid(uint256 validUntil, uint256 time);

    /// @notice The message is sent by another account than the wallet that it names.
    error NotTheWallet(address caller, address wallet);

    /// @notice The wallet is bound to another participant.
    error WalletBound(address wallet, ParticipantId participant);

    /// @notice The ID belongs to another wallet or role.
    error IdBound(string id, address wallet, Role role);

    /// @notice A signature's last second has passed.
    error SignatureExpired(uint256 expiry, uint256 time);

    /// @notice The message is not signed by a registrar; a foreign chain, contract or content recovers a random signer.
    error NotRegistrar(address signer);

    /// @notice The rotation is not signed by the participant's present wallet.
    error NotOldWallet(address signer, address wallet);

    /// @notice Binds the caller to an ID, or renews the certificate of an ID that is bound to it.
    /// @param enrolment names the caller as wallet
    /// @param registrarSignature 65-byte signature of the EIP-712 struct `Enrolment` by a holder of `REGISTRAR_ROLE`
    /// @return participant number of the participant
    function enrol(
        Enrolment calldata enrolment,
        bytes calldata registrarSignature
    ) external returns (ParticipantId participant);

    /// @notice Moves a participant to the caller's wallet and a new certificate; also a revoked or expired one.
    /// @param rotation names the caller as wallet
    /// @param registrarSignature 65-byte signature of the EIP-712 struct `Rotation` by a holder of `REGISTRAR_ROLE`
    /// @param walletSignature the same by the participant's present wallet
    function rotate(
        Rotation calldata rotation,
        bytes calldata registrarSignature,
        bytes calldata walletSignature
    ) external;

    /// @notice Revokes a participant's certificate. Restricted to `REGISTRAR_ROLE`.
    function revoke(ParticipantId participant) external;

    /// @notice Number of the participant that `wallet` belongs to; reverts for an unknown wallet only.
    function participantOf(address wallet) external view returns (ParticipantId);

    /// @notice Number of the participant that `wallet` belongs to, if it is neither revoked nor expired and has `role`.
    function requireActive(address wallet, Role role) external view returns (ParticipantId);

    /// @notice Number and role of the participant that `wallet` belongs to, if it is neither revoked nor expired.
    function requireActive(address wallet) external view returns (ParticipantId participant, Role role);

    /// @notice Reverts unless `signer` holds `REGISTRAR_ROLE`.
    function requireRegistrar(address signer) external view;

    /// @notice Reverts unless `participant` exists and has `role`, active or not.
    function requireRole(ParticipantId participant, Role role) external view;

    /// @notice Wallet of a participant.
    function walletOf(ParticipantId participant) external view returns (address);

    /// @notice All that is known of a participant.
    function identityOf(ParticipantId participant) external view returns (Identity memory);

    /// @notice Number of the participant with this ID; 0 if there is none.
    function participantById(string calldata id) external view returns (ParticipantId);

    /// @notice Number of the participant whose live certificate has this fingerprint; 0 if there is none.
    function participantByCertificate(bytes32 certificate) external view returns (ParticipantId);

    /// @notice How many participants were ever enrolled; their numbers are 1 to this.
    function participants() external view returns (uint256);
}
