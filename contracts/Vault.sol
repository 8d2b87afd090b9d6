// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuard } from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import { IIdentityRegistry } from "./interfaces/IIdentityRegistry.sol";
import { Addresses, IMarketDirectory } from "./interfaces/IMarketDirectory.sol";
import { Account, IVault } from "./interfaces/IVault.sol";
import { MarketPart } from "./MarketPart.sol";
import { ParticipantId } from "./types/ParticipantId.sol";

/// @title Vault
/// @notice Implements {IVault}, where everything is described.
contract Vault is IVault, MarketPart, AccessManaged, ReentrancyGuard {
    using SafeERC20 for IERC20;

    IERC20 private immutable _token;
    IIdentityRegistry private immutable _identities;
    address private immutable _meters;
    address private immutable _beacon;
    address private immutable _auction;
    address private immutable _supply;
    address private immutable _transfers;

    mapping(ParticipantId => Account) private _accounts;
    uint256 private _penaltyPool;

    modifier onlyMarket() {
        if (
            msg.sender != _auction &&
            msg.sender != _supply &&
            msg.sender != _transfers &&
            msg.sender != _meters &&
            msg.sender != _beacon
        ) revert NotMarket(msg.sender);
        _;
    }

    /// @param directory_ directory of the market
    constructor(IMarketDirectory directory_) MarketPart(directory_) AccessManaged(directory_.addresses().authority) {
        Addresses memory market = directory_.addresses();
        _token = IERC20(market.token);
        _identities = IIdentityRegistry(market.identities);
        _meters = market.meters;
        _beacon = market.beacon;
        _auction = market.auction;
        _supply = market.supply;
        _transfers = market.transfers;
    }

    // ---------------------------------------------------------------- participants

    /// @inheritdoc IVault
    function deposit(uint256 amount) external nonReentrant {
        _deposit(_identities.participantOf(msg.sender), amount);
    }

    /// @inheritdoc IVault
    function depositFor(ParticipantId participant, uint256 amount) external nonReentrant {
        _identities.walletOf(participant);
        _deposit(participant, amount);
    }

    /// @inheritdoc IVault
    function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external nonReentrant {
        // A permit can be used by anyone who sees it, so that it may be used up when this call is executed.
        try IERC20Permit(address(_token)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _deposit(_identities.participantOf(msg.sender), amount);
    }

    /// @inheritdoc IVault
    function withdraw(uint256 amount, address to) external nonReentrant {
        ParticipantId participant = _identities.participantOf(msg.sender);
        _take(participant, amount);
        emit Withdrawn(participant, to, amount);
        _send(to, amount);
    }

    /// @inheritdoc IVault
    function payOut(uint256 amount, address to) external nonReentrant restricted {
        uint256 pool = _penaltyPool;
        if (amount > pool) revert InsufficientPool(pool, amount);
        _penaltyPool = pool - amount;
        emit PaidOut(to, amount);
        _send(to, amount);
    }

    // ---------------------------------------------------------------- market

    /// @inheritdoc IVault
    function lock(ParticipantId participant, uint256 amount) external onlyMarket {
        Account memory account = _accounts[participant];
        if (amount > account.available) revert InsufficientFunds(participant, account.available, amount);
        _lock(participant, account, amount);
    }

    /// @inheritdoc IVault
    function tryLock(ParticipantId participant, uint256 amount) external onlyMarket returns (bool) {
        Account memory account = _accounts[participant];
        if (amount > account.available) return false;
        _lock(participant, account, amount);
        return true;
    }

    /// @inheritdoc IVault
    function unlock(ParticipantId participant, uint256 amount) external onlyMarket {
        Account memory account = _accounts[participant];
        // The market unlocks what it locked: less than 2^128, and checked.
        account.locked -= uint128(amount);
        account.available += uint128(amount);
        _accounts[participant] = account;
        emit Unlocked(participant, amount);
    }

    /// @inheritdoc IVault
    function pay(ParticipantId from, ParticipantId to, uint256 amount) external onlyMarket {
        _accounts[from].locked -= uint128(amount);
        _accounts[to].available += uint128(amount);
        emit Paid(from, to, amount);
    }

    /// @inheritdoc IVault
    function payAvailable(
        ParticipantId from,
        ParticipantId to,
        uint256 upTo
    ) external onlyMarket returns (uint256 paid) {
        uint256 available = _accounts[from].available;
        paid = upTo < available ? upTo : available;
        if (paid == 0) return 0;
        _accounts[from].available -= uint128(paid);
        _accounts[to].available += uint128(paid);
        emit Paid(from, to, paid);
    }

    /// @inheritdoc IVault
    function seize(ParticipantId participant, uint256 amount) external onlyMarket {
        _accounts[participant].locked -= uint128(amount);
        _penaltyPool += amount;
        emit Seized(participant, amount);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IVault
    function accountOf(ParticipantId participant) external view returns (Account memory) {
        return _accounts[participant];
    }

    /// @inheritdoc IVault
    function penaltyPool() external view returns (uint256) {
        return _penaltyPool;
    }

    /// @inheritdoc IVault
    function token() external view returns (address) {
        return address(_token);
    }

    // ---------------------------------------------------------------- internals

    /// @dev The token is called before the account is credited, because only its balance tells whether it charged a fee;
    /// the guard keeps a token that calls back from finding the vault in between.
    function _deposit(ParticipantId participant, uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        uint256 before = _token.balanceOf(address(this));
        // As the vault never holds more than 128 bits, no sum of its accounts can overflow and block a settlement.
        if (amount > type(uint128).max || before > type(uint128).max - amount) revert AmountTooLarge(amount);
        _token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = _token.balanceOf(address(this)) - before;
        if (received != amount) revert TokenTransferMismatch(amount, received);

        _accounts[participant].available += uint128(amount);
        emit Deposited(participant, msg.sender, amount);
    }

    function _take(ParticipantId participant, uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        uint128 available = _accounts[participant].available;
        if (amount > available) revert InsufficientFunds(participant, available, amount);
        _accounts[participant].available = available - uint128(amount);
    }

    function _send(address to, uint256 amount) private {
        uint256 before = _token.balanceOf(address(this));
        _token.safeTransfer(to, amount);
        uint256 sent = before - _token.balanceOf(address(this));
        if (sent != amount) revert TokenTransferMismatch(amount, sent);
    }

    function _lock(ParticipantId participant, Account memory account, uint256 amount) private {
        // At most what is available, so it fits.
        account.available -= uint128(amount);
        account.locked += uint128(amount);
        _accounts[participant] = account;
        emit Locked(participant, amount);
    }
}
