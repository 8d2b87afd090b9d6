// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { IAccessManager } from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { IGridTariff } from "../../contracts/interfaces/IGridTariff.sol";
import { Enrolment, IIdentityRegistry, Role, Rotation } from "../../contracts/interfaces/IIdentityRegistry.sol";
import { Addresses, IMarketDirectory, Parameters } from "../../contracts/interfaces/IMarketDirectory.sol";
import { Delivery, IMeterBook, Reading, Site } from "../../contracts/interfaces/IMeterBook.sol";
import { IRandomBeacon } from "../../contracts/interfaces/IRandomBeacon.sol";
import { IReputation } from "../../contracts/interfaces/IReputation.sol";
import { ISettlementToken } from "../../contracts/interfaces/ISettlementToken.sol";
import { ISlotAuction } from "../../contracts/interfaces/ISlotAuction.sol";
import { ISupplyBook } from "../../contracts/interfaces/ISupplyBook.sol";
import { ITransferBook } from "../../contracts/interfaces/ITransferBook.sol";
import { IVault } from "../../contracts/interfaces/IVault.sol";
import { ISSUER_ROLE, PAUSER_ROLE, REGISTRAR_ROLE, TREASURER_ROLE } from "../../contracts/libraries/Roles.sol";
import { ParticipantId } from "../../contracts/types/ParticipantId.sol";
import { SlotId } from "../../contracts/types/SlotId.sol";
import { Price } from "../../contracts/types/Units.sol";
import { VM } from "./Vm.sol";

/// @title MarketActors
/// @notice A whole market, deployed as its deployment script does it, and everybody who takes part in it, enrolled with real
/// signatures. The contract itself holds the administrators' roles.
abstract contract MarketActors {
    /// @dev A participant; its number is its place in the list of actors plus one.
    struct Actor {
        string name;
        Role role;
        uint256 key;
        address wallet;
        uint256 certificates;
    }

    uint256 internal constant USERS = 4;
    uint256 internal constant DATA_CENTRES = 3;
    /// @dev Users and data centres; they have the first numbers.
    uint256 internal constant TRADERS = USERS + DATA_CENTRES;
    uint256 internal constant FIRST_METER = TRADERS;
    uint256 internal constant GRID_OPERATOR = FIRST_METER + DATA_CENTRES;
    uint256 internal constant NETWORK_OPERATOR = GRID_OPERATOR + 1;
    uint256 internal constant FIRST_BEACON = NETWORK_OPERATOR + 1;
    uint256 internal constant BEACONS = 2;
    uint256 internal constant ACTORS = FIRST_BEACON + BEACONS;

    uint256 internal constant REGISTRAR_KEY = uint256(keccak256("registrar"));
    uint40 internal constant NEVER = type(uint40).max;
    uint32 internal constant PLANT_LIMIT = 1_000_000_000;

    Parameters internal parameters;
    IERC20 internal token;
    IIdentityRegistry internal identities;
    IVault internal vault;
    IReputation internal reputation;
    IGridTariff internal tariff;
    IMeterBook internal meters;
    IRandomBeacon internal beacon;
    ISlotAuction internal auction;
    ISupplyBook internal supply;
    ITransferBook internal transfers;

    Actor[] internal _actors;
    /// @dev Time of the market; the test runner need not keep it from one call to the next.
    uint256 internal time;
    uint256 internal _minted;

    constructor(Parameters memory p) {
        parameters = p;
        time = p.genesis;
        VM.warp(time);
        _deploy(p);
        _enrolAll();
    }

    // ---------------------------------------------------------------- deployment

    function _deploy(Parameters memory p) private {
        IAccessManager authority = IAccessManager(_create("AccessManager", abi.encode(address(this))));
        token = IERC20(_create("SettlementToken", abi.encode(authority)));
        IMarketDirectory directory = IMarketDirectory(_create("MarketDirectory", abi.encode(authority, token, p)));
        string[9] memory parts = [
            "IdentityRegistry",
            "Vault",
            "Reputation",
            "GridTariff",
            "MeterBook",
            "RandomBeacon",
            "SlotAuction",
            "SupplyBook",
            "TransferBook"
        ];
        for (uint256 i; i < parts.length; ++i)
            directory.create(bytes.concat(VM.getCode(parts[i]), abi.encode(directory)));
        Addresses memory market = directory.addresses();
        identities = IIdentityRegistry(market.identities);
        vault = IVault(market.vault);
        reputation = IReputation(market.reputation);
        tariff = IGridTariff(market.tariff);
        meters = IMeterBook(market.meters);
        beacon = IRandomBeacon(market.beacon);
        auction = ISlotAuction(market.auction);
        supply = ISupplyBook(market.supply);
        transfers = ITransferBook(market.transfers);

        _permit(authority, market.identities, IIdentityRegistry.revoke.selector, REGISTRAR_ROLE);
        _permit(authority, market.token, ISettlementToken.mint.selector, ISSUER_ROLE);
        _permit(authority, market.auction, ISlotAuction.setPaused.selector, PAUSER_ROLE);
        _permit(authority, market.vault, IVault.payOut.selector, TREASURER_ROLE);
        authority.grantRole(REGISTRAR_ROLE, VM.addr(REGISTRAR_KEY), 0);
    }

    /// @dev The contracts as they are built for deployment; compiling them again into this one would take a minute.
    function _create(string memory name, bytes memory arguments) private returns (address deployed) {
        bytes memory code = bytes.concat(VM.getCode(name), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        assert(deployed != address(0));
    }

    function _permit(IAccessManager authority, address target, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        authority.setTargetFunctionRole(target, selectors, role);
        authority.grantRole(role, address(this), 0);
    }

    // ---------------------------------------------------------------- participants

    function _enrolAll() private {
        for (uint256 i; i < USERS; ++i) _add("user", i, Role.User);
        for (uint256 i; i < DATA_CENTRES; ++i) _add("data centre", i, Role.DataCentre);
        for (uint256 i; i < DATA_CENTRES; ++i) _add("meter", i, Role.Meter);
        _add("grid operator", 0, Role.GridOperator);
        _add("network operator", 0, Role.NetworkOperator);
        for (uint256 i; i < BEACONS; ++i) _add("beacon", i, Role.Beacon);

        VM.prank(_actors[GRID_OPERATOR].wallet);
        tariff.announce(SlotId.wrap(1), Price.wrap(1_000_000), Price.wrap(300_000));
        time += parameters.slotSeconds;
        VM.warp(time);
        for (uint256 i = USERS; i < TRADERS; ++i) _commission(i);
        for (uint256 i; i < TRADERS; ++i) _deposit(i, 60_000_000);
        _deposit(GRID_OPERATOR, 20_000_000);
        for (uint256 i; i < BEACONS; ++i) _deposit(FIRST_BEACON + i, 200_000_000);
    }

    function _add(string memory kind, uint256 index, Role role) private {
        string memory name = string.concat(kind, " ", string(abi.encodePacked(uint8(0x31 + index))));
        uint256 key = uint256(keccak256(bytes(name))) >> 1;
        _actors.push(Actor({ name: name, role: role, key: key, wallet: VM.addr(key), certificates: 0 }));
        _enrol(_actors.length - 1, NEVER);
    }

    /// @dev Enrols an actor, or renews its certificate.
    function _enrol(uint256 i, uint40 validUntil) internal {
        Actor storage actor = _actors[i];
        Enrolment memory message = Enrolment({
            id: actor.name,
            wallet: actor.wallet,
            role: actor.role,
            certificate: _newCertificate(actor),
            validUntil: validUntil,
            expiry: NEVER
        });
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Enrolment(string id,address wallet,uint8 role,bytes32 certificate,uint40 validUntil,uint40 expiry)"
                ),
                keccak256(bytes(message.id)),
                message.wallet,
                message.role,
                message.certificate,
                message.validUntil,
                message.expiry
            )
        );
        bytes memory signature = _sign(REGISTRAR_KEY, _digest("identities", address(identities), structHash));
        VM.prank(actor.wallet);
        identities.enrol(message, signature);
    }

    /// @dev Moves an actor to a new wallet.
    function _rotate(uint256 i, uint40 validUntil) internal {
        Actor storage actor = _actors[i];
        bytes32 certificate = _newCertificate(actor);
        uint256 key = uint256(certificate) >> 1;
        Rotation memory message = Rotation({
            participant: uint32(i + 1),
            wallet: VM.addr(key),
            certificate: certificate,
            validUntil: validUntil,
            expiry: NEVER
        });
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Rotation(uint32 participant,address wallet,bytes32 certificate,uint40 validUntil,uint40 expiry)"
                ),
                message
            )
        );
        bytes32 digest = _digest("identities", address(identities), structHash);
        VM.prank(message.wallet);
        identities.rotate(message, _sign(REGISTRAR_KEY, digest), _sign(actor.key, digest));
        actor.key = key;
        actor.wallet = message.wallet;
    }

    function _newCertificate(Actor storage actor) private returns (bytes32) {
        return keccak256(abi.encode(actor.name, ++actor.certificates));
    }

    function _commission(uint256 i) private {
        Site memory site = Site({
            dataCentre: uint32(i + 1),
            meter: uint32(FIRST_METER + i - USERS + 1),
            gridOperator: uint32(GRID_OPERATOR + 1),
            networkOperator: uint32(NETWORK_OPERATOR + 1),
            pvLimitWh: PLANT_LIMIT,
            esdLimitWh: PLANT_LIMIT,
            gridLimitWh: PLANT_LIMIT,
            version: 1
        });
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Site(uint32 dataCentre,uint32 meter,uint32 gridOperator,uint32 networkOperator,uint32 pvLimitWh,uint32 esdLimitWh,uint32 gridLimitWh,uint32 version)"
                ),
                site
            )
        );
        bytes memory signature = _sign(REGISTRAR_KEY, _digest("meters", address(meters), structHash));
        VM.prank(_actors[i].wallet);
        meters.commission(site, signature);
    }

    /// @dev Mints and deposits.
    function _deposit(uint256 i, uint256 amount) internal {
        address wallet = _actors[i].wallet;
        ISettlementToken(address(token)).mint(wallet, amount);
        _minted += amount;
        VM.prank(wallet);
        token.approve(address(vault), amount);
        VM.prank(wallet);
        vault.deposit(amount);
    }

    // ---------------------------------------------------------------- messages

    function _digest(string memory part, address verifier, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(string.concat("heliomarket ", part))),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Compact signature (ERC-2098).
    function _signCompact(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        (v, r, vs) = VM.sign(key, digest);
        if (v == 28) vs |= bytes32(uint256(1) << 255);
    }

    function _signReading(uint256 key, Reading memory reading) internal view returns (bytes memory) {
        bytes32 deliveryType = keccak256(
            "Delivery(uint40 contractId,uint40 coreSeconds,uint32 pv,uint32 esd,uint32 grid)"
        );
        bytes memory hashes;
        for (uint256 i; i < reading.deliveries.length; ++i) {
            Delivery memory delivery = reading.deliveries[i];
            hashes = abi.encodePacked(hashes, keccak256(abi.encode(deliveryType, delivery)));
        }
        bytes memory head = abi.encode(
            keccak256(
                "Reading(uint32 dataCentre,uint32 slot,uint8 part,bool last,uint32 pv,uint32 esdIn,uint32 esdOut,uint32 gridImport,uint32 gridExport,Delivery[] deliveries)Delivery(uint40 contractId,uint40 coreSeconds,uint32 pv,uint32 esd,uint32 grid)"
            ),
            reading.dataCentre,
            reading.slot,
            reading.part,
            reading.last
        );
        bytes memory totals = abi.encode(
            reading.pv,
            reading.esdIn,
            reading.esdOut,
            reading.gridImport,
            reading.gridExport
        );
        bytes32 structHash = keccak256(bytes.concat(head, totals, keccak256(hashes)));
        return _sign(key, _digest("meters", address(meters), structHash));
    }

    // ---------------------------------------------------------------- views

    function _id(uint256 i) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(i + 1));
    }

    function _available(uint256 i) internal view returns (uint256) {
        return vault.accountOf(_id(i)).available;
    }

    function _reputationOf(uint256 i) internal view returns (uint256) {
        return reputation.reputationOf(_id(i));
    }

    function _current() internal view returns (uint32) {
        return uint32((time - parameters.genesis) / parameters.slotSeconds);
    }

    function _startOf(uint256 slot) internal view returns (uint256) {
        return parameters.genesis + slot * parameters.slotSeconds;
    }

    function _commitFrom(uint256 slot) internal view returns (uint256) {
        return _startOf(slot) - parameters.slotSeconds;
    }

    function _revealFrom(uint256 slot) internal view returns (uint256) {
        return _commitFrom(slot) + parameters.commitSeconds;
    }

    function _clearFrom(uint256 slot) internal view returns (uint256) {
        return _revealFrom(slot) + parameters.revealSeconds;
    }
}
