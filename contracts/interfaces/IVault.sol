// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../types/ParticipantId.sol";
import { SettlementWord } from "../types/SettlementWord.sol";
import { UnlockWord } from "../types/UnlockWord.sol";

/// @notice A participant's wallet in the market, micro-yuan.
struct Account {
    /// @dev Free to withdraw or commit.
    uint112 available;
    /// @dev Held for plans, contracts, transfers and bonds.
    uint112 locked;
}

/// @title IVault
/// @notice Holds the participants' money (the paper's `credit`, section 2.1). Amounts are in the settlement token's
/// smallest unit, one micro-yuan. The token balance of the vault is at all times the sum of what is available and locked
/// and of the penalty pool; tokens sent to it without a deposit belong to nobody and are not counted.
///
/// Only the wallet that a participant is bound to can take money out, and nobody can keep it from doing so: neither
/// a pause, nor revocation, nor expiry reaches `withdraw`.
///
/// The vault tells what comes in and goes out. What the market locks and pays inside is told by the contract that orders it,
/// whose events carry the amounts.
interface IVault {
    event Deposited(ParticipantId indexed participant, address indexed from, uint256 amount);
    event Withdrawn(ParticipantId indexed participant, address indexed to, uint256 amount);
    event PaidOut(address indexed to, uint256 amount);

    /// @notice A participant's reputation changed to `reputation`.
    event ReputationChanged(ParticipantId indexed participant, uint256 reputation);

    /// @notice A deposit or withdrawal of nothing.
    error ZeroAmount();

    /// @notice The vault can hold at most 2^112 - 1 micro-yuan.
    error AmountTooLarge(uint256 amount);

    /// @notice The participant has less available than the call needs.
    error InsufficientFunds(ParticipantId participant, uint256 available, uint256 needed);

    /// @notice The participant has less locked than the call spends or unlocks. The market never asks for that.
    error InsufficientLock(ParticipantId participant, uint256 locked, uint256 needed);

    /// @notice The penalty pool holds less than is to be paid out.
    error InsufficientPool(uint256 pool, uint256 needed);

    /// @notice The token moved another amount than it was asked to; tokens that charge a fee cannot be used.
    error TokenTransferMismatch(uint256 expected, uint256 actual);

    /// @notice Takes `amount` from the caller's token balance, which must have approved it, into its account.
    function deposit(uint256 amount) external;

    /// @notice Takes `amount` from the caller's token balance into the account of `participant`.
    function depositFor(ParticipantId participant, uint256 amount) external;

    /// @notice `deposit` with an ERC-2612 permit. A permit that somebody else has used up already does no harm as long as
    /// the allowance is there.
    function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Pays `amount` of the caller's available funds to `to`.
    function withdraw(uint256 amount, address to) external;

    /// @notice Pays `amount` of the penalty pool to `to`. Restricted to `TREASURER_ROLE`.
    function payOut(uint256 amount, address to) external;

    /// @notice Makes available funds of `participant` locked; reverts if there are too few. Market only.
    function lock(ParticipantId participant, uint256 amount) external;

    /// @notice As `lock`, but does nothing and returns false if there are too few. Market only.
    function tryLock(ParticipantId participant, uint256 amount) external returns (bool);

    /// @notice Makes locked funds of `participant` available. Market only.
    function unlock(ParticipantId participant, uint256 amount) external;

    /// @notice `unlock` for each of a list. Market only.
    /// @param unlocks packed as in `UnlockWord`
    function unlockEach(UnlockWord[] calldata unlocks) external;

    /// @notice Pays and unlocks between two participants at once. Market only.
    /// @param from pays `paid` of its locked funds to the available funds of `to`, and has `unlockFrom` unlocked
    /// @param to has `unlockTo` of its own unlocked
    function settle(ParticipantId from, ParticipantId to, uint256 paid, uint256 unlockFrom, uint256 unlockTo) external;

    /// @notice Pays and unlocks between a seller and the buyers of its contracts at once, and raises the reputation of both sides
    /// of each that was fulfilled. Supply book only.
    /// @param settlements packed as in `SettlementWord`, one for each delivery
    function settleDeliveries(ParticipantId seller, SettlementWord[] calldata settlements) external;

    /// @notice Moves available funds of `from` to `to`: `upTo`, or as much of it as there is. Market only.
    /// @return paid what was moved
    function payAvailable(ParticipantId from, ParticipantId to, uint256 upTo) external returns (uint256 paid);

    /// @notice Moves locked funds of `participant` to the penalty pool. Market only.
    function seize(ParticipantId participant, uint256 amount) external;

    /// @notice Changes a reputation as the reputation contract has decided, within 0 to 10,000. Reputation contract only.
    function changeReputation(ParticipantId participant, int256 change) external;

    /// @notice Reputation of a participant, 0 to 10,000; kept in the word of its account.
    function reputationOf(ParticipantId participant) external view returns (uint256);

    /// @notice Available and locked funds of a participant.
    function accountOf(ParticipantId participant) external view returns (Account memory);

    /// @notice Bonds that were forfeited to nobody in particular.
    function penaltyPool() external view returns (uint256);

    /// @notice The settlement token.
    function token() external view returns (address);
}
