// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuard } from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import { IIdentityRegistry } from "./interfaces/IIdentityRegistry.sol";
import { Addresses, IMarketDirectory } from "./interfaces/IMarketDirectory.sol";
import { MAX_REPUTATION } from "./interfaces/IReputation.sol";
import { Account, IVault } from "./interfaces/IVault.sol";
import { MarketPart } from "./MarketPart.sol";
import { AccountLibrary, AccountWord } from "./types/AccountWord.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { SettlementWord } from "./types/SettlementWord.sol";
import { UnlockWord } from "./types/UnlockWord.sol";

/// @title Vault
/// @notice Implements {IVault}, where everything is described.
contract Vault is IVault, MarketPart, AccessManaged, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// @dev An account as a struct, so that one hash serves to read and to write it.
    struct Entry {
        AccountWord word;
    }

    IERC20 private immutable _token;
    IIdentityRegistry private immutable _identities;
    address private immutable _reputation;
    address private immutable _meters;
    address private immutable _beacon;
    address private immutable _auction;
    address private immutable _supply;
    address private immutable _transfers;

    mapping(ParticipantId => Entry) private _accounts;
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
        _reputation = market.reputation;
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
        if (!_tryLock(participant, amount)) {
            revert InsufficientFunds(participant, _accounts[participant].word.available(), amount);
        }
    }

    /// @inheritdoc IVault
    function tryLock(ParticipantId participant, uint256 amount) external onlyMarket returns (bool) {
        return _tryLock(participant, amount);
    }

    /// @inheritdoc IVault
    function unlock(ParticipantId participant, uint256 amount) external onlyMarket {
        _unlock(participant, amount);
    }

    /// @inheritdoc IVault
    function unlockEach(UnlockWord[] calldata unlocks) external onlyMarket {
        for (uint256 i; i < unlocks.length; ++i) {
            UnlockWord one = unlocks[i];
            _unlock(one.participant(), one.amount());
        }
    }

    /// @inheritdoc IVault
    function settle(
        ParticipantId from,
        ParticipantId to,
        uint256 paid,
        uint256 unlockFrom,
        uint256 unlockTo
    ) external onlyMarket {
        Entry storage payer = _accounts[from];
        AccountWord account = payer.word;
        _requireLocked(from, account, paid + unlockFrom);
        payer.word = account.spend(paid).unlock(unlockFrom);
        Entry storage payee = _accounts[to];
        account = payee.word;
        _requireLocked(to, account, unlockTo);
        payee.word = account.credit(paid).unlock(unlockTo);
    }

    /// @inheritdoc IVault
    function settleDeliveries(ParticipantId seller, SettlementWord[] calldata settlements) external {
        if (msg.sender != _supply) revert NotMarket(msg.sender);
        uint256 income;
        uint256 unlocked;
        uint256 rise;
        for (uint256 i; i < settlements.length; ++i) {
            SettlementWord s = settlements[i];
            ParticipantId buyer = s.buyer();
            Entry storage payer = _accounts[buyer];
            AccountWord account = payer.word;
            unchecked {
                // No block has room for 2^200 settlements.
                _requireLocked(buyer, account, s.paid() + s.unlockBuyer());
                income += s.paid();
                unlocked += s.unlockSeller();
                rise += s.rise();
            }
            account = account.spend(s.paid()).unlock(s.unlockBuyer());
            payer.word = _withRise(buyer, account, s.rise());
        }
        Entry storage payee = _accounts[seller];
        AccountWord credited = payee.word;
        _requireLocked(seller, credited, unlocked);
        payee.word = _withRise(seller, credited.credit(income).unlock(unlocked), rise);
    }

    /// @inheritdoc IVault
    function payAvailable(
        ParticipantId from,
        ParticipantId to,
        uint256 upTo
    ) external onlyMarket returns (uint256 paid) {
        Entry storage payer = _accounts[from];
        AccountWord account = payer.word;
        uint256 available = account.available();
        paid = upTo < available ? upTo : available;
        if (paid == 0) return 0;
        payer.word = account.debit(paid);
        Entry storage payee = _accounts[to];
        payee.word = payee.word.credit(paid);
    }

    /// @inheritdoc IVault
    function seize(ParticipantId participant, uint256 amount) external onlyMarket {
        Entry storage entry = _accounts[participant];
        AccountWord account = entry.word;
        _requireLocked(participant, account, amount);
        entry.word = account.spend(amount);
        _penaltyPool += amount;
    }

    /// @inheritdoc IVault
    function changeReputation(ParticipantId participant, int256 change) external {
        if (msg.sender != _reputation) revert NotMarket(msg.sender);
        Entry storage entry = _accounts[participant];
        AccountWord account = entry.word;
        int256 changed = int256(account.reputation()) + change;
        entry.word = _withReputation(participant, account, changed < 0 ? 0 : uint256(changed));
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IVault
    function reputationOf(ParticipantId participant) external view returns (uint256) {
        return _accounts[participant].word.reputation();
    }

    /// @inheritdoc IVault
    function accountOf(ParticipantId participant) external view returns (Account memory) {
        AccountWord account = _accounts[participant].word;
        return Account({ available: uint112(account.available()), locked: uint112(account.locked()) });
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
        // As the vault never holds more, no sum of its accounts can overflow and block a settlement.
        if (amount > AccountLibrary.MAX_AMOUNT || before > AccountLibrary.MAX_AMOUNT - amount) {
            revert AmountTooLarge(amount);
        }
        _token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = _token.balanceOf(address(this)) - before;
        if (received != amount) revert TokenTransferMismatch(amount, received);

        Entry storage entry = _accounts[participant];
        entry.word = entry.word.credit(amount);
        emit Deposited(participant, msg.sender, amount);
    }

    function _take(ParticipantId participant, uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        Entry storage entry = _accounts[participant];
        AccountWord account = entry.word;
        if (amount > account.available()) revert InsufficientFunds(participant, account.available(), amount);
        entry.word = account.debit(amount);
    }

    function _send(address to, uint256 amount) private {
        uint256 before = _token.balanceOf(address(this));
        _token.safeTransfer(to, amount);
        uint256 sent = before - _token.balanceOf(address(this));
        if (sent != amount) revert TokenTransferMismatch(amount, sent);
    }

    function _tryLock(ParticipantId participant, uint256 amount) private returns (bool) {
        Entry storage entry = _accounts[participant];
        AccountWord account = entry.word;
        if (amount > account.available()) return false;
        entry.word = account.lock(amount);
        return true;
    }

    function _unlock(ParticipantId participant, uint256 amount) private {
        Entry storage entry = _accounts[participant];
        AccountWord account = entry.word;
        _requireLocked(participant, account, amount);
        entry.word = account.unlock(amount);
    }

    function _withRise(ParticipantId participant, AccountWord account, uint256 rise) private returns (AccountWord) {
        return rise == 0 ? account : _withReputation(participant, account, account.reputation() + rise);
    }

    function _withReputation(
        ParticipantId participant,
        AccountWord account,
        uint256 reputation
    ) private returns (AccountWord) {
        if (reputation > MAX_REPUTATION) reputation = MAX_REPUTATION;
        emit ReputationChanged(participant, reputation);
        return account.withReputation(reputation);
    }

    function _requireLocked(ParticipantId participant, AccountWord account, uint256 amount) private pure {
        if (amount > account.locked()) revert InsufficientLock(participant, account.locked(), amount);
    }
}
