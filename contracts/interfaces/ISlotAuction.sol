// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { BindingWord } from "../types/BindingWord.sol";
import { ParticipantId } from "../types/ParticipantId.sol";
import { SlotId } from "../types/SlotId.sol";
import { Wh } from "../types/Units.sol";

/// @notice A buyer's bid for one task.
struct Bid {
    uint16 cores;
    uint40 coreSeconds;
    /// @dev Energy that the task needs in all, Wh.
    uint32 energy;
    /// @dev Highest price, micro-yuan per kWh.
    uint32 maxPrice;
    /// @dev First and last slot in which the task can run; from the auctioned slot on.
    uint32 earliest;
    uint32 deadline;
    /// @dev Whether the task must not be interrupted (the paper, section 3).
    bool priority;
}

/// @notice A seller's offer.
struct Offer {
    /// @dev Lowest price, micro-yuan per kWh.
    uint32 price;
    /// @dev Energy on offer, Wh.
    uint32 energy;
    uint16 cores;
}

/// @notice A participant's sealed plan for a slot: 1 to 16 bids of a user, or 1 to 16 offers of a data centre. Its EIP-712
/// digest is the commitment, and what the wallet signs to have it revealed by a relayer.
struct Plan {
    uint32 slot;
    /// @dev Number of the participant.
    uint32 bidder;
    Bid[] bids;
    Offer[] offers;
    /// @dev Random; keeps the plan secret, and is the bidder's part of the auction's seed.
    bytes32 salt;
}

/// @notice A commitment that the bidder's wallet signs (EIP-712) to have it sent by a relayer. The participant is the
/// signer's.
struct Commitment {
    uint32 slot;
    /// @dev EIP-712 digest of the plan.
    bytes32 commitment;
    /// @dev Sequence number of the participant's latest plan, 0 if there is none; so each message can be used once.
    uint32 replaces;
    /// @dev Last second at which the signature can be used, Unix time.
    uint40 expiry;
}

/// @notice A signed commitment with its compact signature (ERC-2098).
struct SignedCommitment {
    Commitment commitment;
    bytes32 r;
    bytes32 vs;
}

/// @notice A plan with its wallet's compact signature (ERC-2098). The signature expires with the slot's reveal window.
struct SignedPlan {
    Plan plan;
    bytes32 r;
    bytes32 vs;
}

/// @notice States of a participant's latest plan. From `Sealed` it goes to one of the others, from `Revealed` to `Closed` when
/// its slot is cleared; only a new plan leads back.
enum PlanStatus {
    None,
    Sealed,
    Withdrawn,
    Revealed,
    Dropped,
    Punished,
    Closed
}

/// @notice Phases of a slot's book, which only go forward.
enum Phase {
    Open,
    Matching,
    Releasing,
    Cleared
}

/// @notice A participant's latest plan as the auction knows it.
struct PlanState {
    address wallet;
    SlotId slot;
    uint256 sequence;
    PlanStatus status;
    /// @dev Whether the standing bond is locked.
    bool bonded;
    bool seller;
    bytes32 commitment;
    /// @dev Reputation at the reveal.
    uint256 reputation;
    /// @dev Number of bids or offers revealed.
    uint256 count;
}

/// @notice A bid or an offer in a slot's book, with all that its place in the ranking depends on.
struct BookEntry {
    /// @dev Participant's number * 256 + index in its plan, as `clear` takes it.
    uint256 ref;
    bool seller;
    /// @dev Highest price of a bid, lowest of an offer.
    uint256 price;
    /// @dev Wh that a bid needs, or that an offer has left.
    uint256 energy;
    uint256 cores;
    uint256 reputation;
    uint256 sequence;
}

/// @notice A slot's book.
struct BookState {
    Phase phase;
    uint256 bids;
    uint256 offers;
    /// @dev 0 until the matching has begun.
    bytes32 seed;
    /// @dev Whose ranking is matched; 0 until the matching has begun.
    address ranker;
    /// @dev Bids that the matching has concluded.
    uint256 concluded;
    uint256 trades;
}

/// @notice Unix times at which a slot's windows begin and end. A window includes its first second and not its last.
struct Windows {
    uint256 commitFrom;
    /// @dev End of commitments, beginning of reveals.
    uint256 revealFrom;
    /// @dev End of reveals, beginning of clearing.
    uint256 clearFrom;
    /// @dev From here on, the clearing returns what it has not matched.
    uint256 lapseFrom;
}

/// @title ISlotAuction
/// @notice The sealed hourly auction (the paper, section 2.2). The auction for a slot runs during the slot before it: plans are
/// committed to, revealed, and cleared.
///
/// Buyers are served in the order of price, reputation and commitment. For each, the cheapest offers with enough energy and
/// cores left at no more than its price are found, and one of the first `drawAmong` is drawn with the seed.
///
/// The bond that backs a sealed plan stands from a participant's first commitment on until it is forfeited or released.
interface ISlotAuction {
    /// @notice A plan was committed to, in place of an earlier one for the slot if there was one.
    event Committed(ParticipantId indexed participant, SlotId indexed slot, bytes32 commitment, uint256 sequence);

    /// @notice A sealed plan was withdrawn.
    event PlanWithdrawn(ParticipantId indexed participant, SlotId indexed slot);

    /// @notice A plan was revealed and funded. `bidOf` and `offerOf` give what is in it.
    event Revealed(ParticipantId indexed participant, SlotId indexed slot, bytes32 salt);

    /// @notice A plan was revealed that the participant cannot fund; it takes no part, and its bond is forfeited.
    event PlanDropped(ParticipantId indexed participant, SlotId indexed slot, uint256 needed, uint256 bond);

    /// @notice A plan was never revealed; its bond is forfeited.
    event PlanPunished(ParticipantId indexed participant, SlotId indexed slot, uint256 bond);

    /// @notice A standing bond was locked or released.
    event BondPosted(ParticipantId indexed participant, uint256 bond);
    event BondReleased(ParticipantId indexed participant, uint256 bond);

    /// @notice An item of a batch was left out; `reason` is the custom error that it failed with.
    event Skipped(uint256 indexed index, bytes reason);

    /// @notice The order of a slot is fixed, and its matching begins.
    event MatchingStarted(SlotId indexed slot, address indexed ranker, bytes32 seed, uint256 bids, uint256 offers);

    /// @notice A bid was not matched; everything locked for it is available again. A bid that was matched is told by the supply
    /// book's `Signed`.
    /// @param index of the bid in the buyer's plan
    event Unmatched(SlotId indexed slot, ParticipantId indexed buyer, uint256 index);

    /// @notice A slot is cleared; nothing is locked for its plans any more.
    event Cleared(SlotId indexed slot, uint256 trades);

    /// @notice New commitments were paused, or allowed again.
    event PausedSet(bool paused);

    /// @notice New commitments are paused.
    error Paused();

    /// @notice The call is made outside its window.
    error WrongWindow(SlotId slot, uint256 from, uint256 to, uint256 time);

    /// @notice The participant is neither a user nor a data centre.
    error NotATrader(ParticipantId participant);

    /// @notice A commitment of 0.
    error EmptyCommitment();

    /// @notice The signature's last second has passed.
    error SignatureExpired(uint256 expiry, uint256 time);

    /// @notice The message replaces another plan than the latest; it was used, or a newer plan was committed to.
    error WrongSequence(ParticipantId participant, uint256 replaces, uint256 latest);

    /// @notice The slot of the participant's latest plan is not cleared; anyone may clear it.
    error PreviousSlotUncleared(ParticipantId participant, SlotId slot);

    /// @notice The participant has no sealed plan for the slot.
    error NothingSealed(ParticipantId participant, SlotId slot, PlanStatus status);

    /// @notice The caller's or signer's wallet is not the plan's.
    error NotBidder(ParticipantId participant, address wallet);

    /// @notice The plan is not the one that was committed to.
    error CommitmentMismatch(ParticipantId participant, bytes32 commitment, bytes32 digest);

    /// @notice A user's plan has 1 to 16 bids and no offers, a data centre's 1 to 16 offers and no bids.
    error InvalidPlan(ParticipantId participant, uint256 bids, uint256 offers);

    /// @notice A bid with a zero, slots out of order, or more core-seconds than its cores can do in its slots.
    error InvalidBid(uint256 index);

    /// @notice An offer with a zero.
    error InvalidOffer(uint256 index);

    /// @notice The value of a bid or offer exceeds 2^48 - 1 micro-yuan.
    error ValueTooLarge(uint256 index, uint256 value);

    /// @notice The plan can still be revealed.
    error RevealWindowOpen(SlotId slot, uint256 until, uint256 time);

    /// @notice The participant has no standing bond, or a sealed plan that it backs.
    error NoBondToRelease(ParticipantId participant);

    /// @notice The slot is cleared already.
    error AlreadyCleared(SlotId slot);

    /// @notice The order of the slot is fixed; send pages without lists.
    error OrderFixed(SlotId slot);

    /// @notice The caller's ranking of another slot is being matched; finish that first.
    error RankingInUse(SlotId slot);

    /// @notice The list names a bid or offer that is not in the slot's book.
    error NotInBook(SlotId slot, uint40 ref);

    /// @notice The list is not in the right order, or names something twice.
    error OutOfOrder(SlotId slot, uint40 ref);

    /// @notice The matching cannot begin before the beacon's value is final.
    error BeaconPending(SlotId slot);

    /// @notice An item of a batch failed for want of gas.
    error BatchOutOfGas(uint256 index);

    // ---------------------------------------------------------------- commit

    /// @notice Commits to a plan for `slot`, in place of an earlier one. Locks the caller's standing bond if it is not.
    /// Caller: an active user, or an active data centre with no arrears and no reading outstanding.
    /// @param commitment EIP-712 digest of the plan
    function commit(SlotId slot, bytes32 commitment) external;

    /// @notice `commit` for the wallet that signed the message. Anyone may send it.
    function commitSigned(SignedCommitment calldata signed) external;

    /// @notice `commitSigned` for each of a batch; what fails is skipped with an event.
    function commitBatch(SignedCommitment[] calldata batch) external;

    /// @notice Withdraws the caller's sealed plan while its commit window is open, and with it every signed commitment that
    /// was to replace it.
    function withdrawPlan(SlotId slot) external;

    /// @notice Makes the caller's standing bond available, unless a sealed plan needs it.
    function releaseBond() external;

    // ---------------------------------------------------------------- reveal

    /// @notice Reveals the caller's plan and locks what it may cost: a buyer's highest payment, and both sides' deposits.
    function reveal(Plan calldata plan) external;

    /// @notice `reveal` for the wallet that signed the plan. Anyone may send it.
    function revealSigned(SignedPlan calldata signed) external;

    /// @notice `revealSigned` for each of a batch; what fails is skipped with an event.
    function revealBatch(SignedPlan[] calldata batch) external;

    /// @notice Forfeits the bond of a plan that was not revealed in time. Anyone may call, with effect once.
    function punish(ParticipantId participant) external;

    // ---------------------------------------------------------------- clear

    /// @notice Clears a slot, a page at a time. Anyone may call.
    ///
    /// First the caller lists all bids and all offers of the slot in their orders, over as many calls as it likes; the lists
    /// are its own, so that callers do not get in each other's way. The first whose lists are complete has the matching begin
    /// (there is one right order, so it does not matter who). From then on every call, by anyone and without lists,
    /// continues it.
    /// @param bids next bids of the order: buyer's number * 256 + index of the bid in its plan
    /// @param offers next offers of the order: seller's number * 256 + index of the offer in its plan
    /// @param work how much to match at most, in steps of about 100 gas; 0 to list only. Less than 900 steps, what the
    /// reading of some offers and the conclusion of one bid take, may come to nothing.
    /// @return cleared whether the slot is cleared now
    function clear(
        SlotId slot,
        uint40[] calldata bids,
        uint40[] calldata offers,
        uint256 work
    ) external returns (bool cleared);

    /// @notice Forgets the caller's lists, so that it can begin anew.
    function discardRanking() external;

    // ---------------------------------------------------------------- administration

    /// @notice Pauses new commitments, or allows them again. Restricted to `PAUSER_ROLE`.
    function setPaused(bool paused_) external;

    /// @notice Notes whose a wallet is. Only the identity registry may call this, and does whenever that changes.
    /// @param binding all that a commitment needs to know of the wallet; 0 if it is nobody's any more
    function setBinding(address wallet, BindingWord binding) external;

    // ---------------------------------------------------------------- views

    /// @notice Whether new commitments are paused.
    function paused() external view returns (bool);

    /// @notice When the slot's windows begin and end.
    function windowsOf(SlotId slot) external view returns (Windows memory);

    /// @notice A participant's latest plan.
    function planOf(ParticipantId participant) external view returns (PlanState memory);

    /// @notice Bid `index` of the participant's revealed plan.
    function bidOf(ParticipantId participant, uint256 index) external view returns (Bid memory);

    /// @notice Offer `index` of the participant's revealed plan, with what is left of its energy and cores.
    function offerOf(ParticipantId participant, uint256 index) external view returns (Offer memory);

    /// @notice A slot's book.
    function bookOf(SlotId slot) external view returns (BookState memory);

    /// @notice The bids and offers that participants have in a slot's book, in the order in which they are named. Who computes a
    /// ranking reads the book with it, as many participants at a time as the node allows.
    function entriesOf(SlotId slot, ParticipantId[] calldata bidders) external view returns (BookEntry[] memory);

    /// @notice What a data centre has offered for a slot and not yet sold, Wh; 0 once the slot's matching is over.
    function disposableEnergy(ParticipantId dataCentre, SlotId slot) external view returns (Wh);

    /// @notice How far a caller's ranking has come.
    /// @return slot that it is of
    /// @return bids listed
    /// @return offers listed
    function rankingOf(address ranker) external view returns (SlotId slot, uint256 bids, uint256 offers);

    /// @notice EIP-712 digest of a plan: its commitment, and what is signed to have it revealed.
    function hashPlan(Plan calldata plan) external view returns (bytes32);

    /// @notice EIP-712 digest of a commitment that a relayer is to send.
    function hashCommitment(Commitment calldata commitment) external view returns (bytes32);

    /// @notice Standing bond of a buyer and of a seller, micro-yuan.
    function bonds() external view returns (uint256 buyer, uint256 seller);
}
