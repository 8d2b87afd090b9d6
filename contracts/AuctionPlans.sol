// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import { Role } from "./interfaces/IIdentityRegistry.sol";
import { Addresses, IMarketDirectory, Parameters } from "./interfaces/IMarketDirectory.sol";
import { IMeterBook } from "./interfaces/IMeterBook.sol";
import { IReputation, MAX_REPUTATION } from "./interfaces/IReputation.sol";
import {
    Bid,
    BookEntry,
    Commitment,
    ISlotAuction,
    Offer,
    Phase,
    Plan,
    PlanState,
    PlanStatus,
    SignedCommitment,
    SignedPlan,
    Windows
} from "./interfaces/ISlotAuction.sol";
import { IVault } from "./interfaces/IVault.sol";
import { PlanHash } from "./libraries/PlanHash.sol";
import { SettlementMath } from "./libraries/SettlementMath.sol";
import { MarketPart } from "./MarketPart.sol";
import { SlotClock } from "./SlotClock.sol";
import {
    BidLibrary,
    BidWord,
    BookWord,
    OffersLibrary,
    OffersWord,
    PlanLibrary,
    PlanWord
} from "./types/AuctionWords.sol";
import { BindingWord } from "./types/BindingWord.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { SlotId } from "./types/SlotId.sol";
import { CoreSeconds, Price, Wh } from "./types/Units.sol";

/// @title AuctionPlans
/// @notice The first half of the auction: plans are committed to, replaced, withdrawn, revealed, dropped and punished. All
/// that a plan needs lives in words that belong to the participant and are used again for its next plan.
abstract contract AuctionPlans is ISlotAuction, MarketPart, SlotClock, AccessManaged, EIP712 {
    /// @dev A participant's latest plan: two words next to each other, so that one hash finds both.
    struct StoredPlan {
        PlanWord word;
        bytes32 commitment;
    }

    /// @dev Revealed bids, packed.
    struct PackedBids {
        BidWord[] words;
        /// @dev What they lock, micro-yuan.
        uint256 needed;
        /// @dev The least energy and the fewest cores of any of them.
        uint256 leastEnergy;
        uint256 fewestCores;
    }

    uint256 internal constant MAX_ITEMS = 16;
    uint256 private constant MAX_VALUE = type(uint48).max;

    address private immutable _identities;
    IReputation private immutable _reputation;
    IMeterBook private immutable _meters;
    IVault internal immutable VAULT;
    uint256 private immutable _commitSeconds;
    uint256 private immutable _revealSeconds;
    uint256 private immutable _buyerBond;
    uint256 private immutable _sellerBond;
    uint256 private immutable _minDepositBps;
    uint256 private immutable _maxDepositBps;

    uint32 private _lastSequence;
    bool private _paused;
    /// @dev How many slots have revealed plans and are not cleared. While there is none, which is the rule when a commit
    /// window is open, no commitment has to look its participant's last slot up.
    uint32 internal _openBooks;

    /// @dev The identity registry's, so that a commitment need not ask there.
    mapping(address wallet => BindingWord) private _bindings;
    mapping(ParticipantId => StoredPlan) internal _plans;
    /// @dev By participant's number * 256 + index of the bid.
    mapping(uint256 ref => BidWord) internal _bids;
    /// @dev By participant's number * 256 + index of the word.
    mapping(uint256 key => OffersWord) internal _offers;
    mapping(SlotId => BookWord) internal _books;

    constructor(
        IMarketDirectory directory_
    )
        MarketPart(directory_)
        SlotClock(directory_.parameters())
        AccessManaged(directory_.addresses().authority)
        EIP712("heliomarket auction", "1")
    {
        Addresses memory market = directory_.addresses();
        Parameters memory p = directory_.parameters();
        _identities = market.identities;
        _reputation = IReputation(market.reputation);
        _meters = IMeterBook(market.meters);
        VAULT = IVault(market.vault);
        _commitSeconds = p.commitSeconds;
        _revealSeconds = p.revealSeconds;
        _buyerBond = p.buyerBond;
        _sellerBond = p.sellerBond;
        _minDepositBps = p.minDepositBps;
        _maxDepositBps = p.maxDepositBps;
    }

    // ---------------------------------------------------------------- commit

    /// @inheritdoc ISlotAuction
    function commit(SlotId slot, bytes32 commitment) external {
        (ParticipantId participant, Role role) = _bindings[msg.sender].requireActive(msg.sender);
        _commit(participant, role, msg.sender, slot, commitment, _plans[participant]);
    }

    /// @inheritdoc ISlotAuction
    function commitSigned(SignedCommitment calldata signed) public {
        Commitment calldata message = signed.commitment;
        if (block.timestamp > message.expiry) revert SignatureExpired(message.expiry, block.timestamp);
        address wallet = ECDSA.recover(hashCommitment(message), signed.r, signed.vs);
        (ParticipantId participant, Role role) = _bindings[wallet].requireActive(wallet);
        StoredPlan storage plan = _plans[participant];
        uint256 latest = plan.word.sequence();
        if (message.replaces != latest) revert WrongSequence(participant, message.replaces, latest);
        _commit(participant, role, wallet, SlotId.wrap(message.slot), message.commitment, plan);
    }

    /// @inheritdoc ISlotAuction
    function commitBatch(SignedCommitment[] calldata batch) external {
        for (uint256 i; i < batch.length; ++i) {
            try this.commitSigned(batch[i]) {} catch (bytes memory reason) {
                _skip(i, reason);
            }
        }
    }

    /// @inheritdoc ISlotAuction
    function withdrawPlan(SlotId slot) external {
        ParticipantId participant = _bindings[msg.sender].requireKnown(msg.sender);
        StoredPlan storage plan = _plans[participant];
        PlanWord word = _requireSealed(plan, participant, slot);
        _requireCommitWindow(slot);
        // A new sequence number, so that no signed commitment that was to replace the plan can bring it back.
        plan.word = word.withStatus(uint256(PlanStatus.Withdrawn)).withSequence(++_lastSequence);
        emit PlanWithdrawn(participant, slot);
    }

    /// @inheritdoc ISlotAuction
    function releaseBond() external {
        ParticipantId participant = _bindings[msg.sender].requireKnown(msg.sender);
        PlanWord plan = _plans[participant].word;
        if (!plan.bonded() || plan.status() == uint256(PlanStatus.Sealed)) revert NoBondToRelease(participant);
        uint256 bond = _bondOf(plan.seller());
        _plans[participant].word = plan.withoutBond();
        emit BondReleased(participant, bond);
        VAULT.unlock(participant, bond);
    }

    // ---------------------------------------------------------------- reveal

    /// @inheritdoc ISlotAuction
    function reveal(Plan calldata plan) external {
        _reveal(plan, PlanHash.hash(plan), msg.sender);
    }

    /// @inheritdoc ISlotAuction
    function revealSigned(SignedPlan calldata signed) public {
        bytes32 structHash = PlanHash.hash(signed.plan);
        _reveal(signed.plan, structHash, ECDSA.recover(_hashTypedDataV4(structHash), signed.r, signed.vs));
    }

    /// @inheritdoc ISlotAuction
    function revealBatch(SignedPlan[] calldata batch) external {
        for (uint256 i; i < batch.length; ++i) {
            try this.revealSigned(batch[i]) {} catch (bytes memory reason) {
                _skip(i, reason);
            }
        }
    }

    /// @inheritdoc ISlotAuction
    function punish(ParticipantId participant) external {
        PlanWord plan = _plans[participant].word;
        if (plan.status() != uint256(PlanStatus.Sealed)) {
            revert NothingSealed(participant, plan.slot(), _statusOf(plan));
        }
        uint256 until = _clearFrom(plan.slot());
        if (block.timestamp < until) revert RevealWindowOpen(plan.slot(), until, block.timestamp);
        _plans[participant].word = plan.withStatus(uint256(PlanStatus.Punished)).withoutBond();
        _punish(participant, plan);
    }

    // ---------------------------------------------------------------- administration

    /// @inheritdoc ISlotAuction
    function setPaused(bool paused_) external restricted {
        _paused = paused_;
        emit PausedSet(paused_);
    }

    /// @inheritdoc ISlotAuction
    function setBinding(address wallet, BindingWord binding) external {
        if (msg.sender != _identities) revert NotMarket(msg.sender);
        _bindings[wallet] = binding;
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ISlotAuction
    function paused() external view returns (bool) {
        return _paused;
    }

    /// @inheritdoc ISlotAuction
    function windowsOf(SlotId slot) public view returns (Windows memory) {
        uint256 start = startOf(slot);
        uint256 from = start - SLOT_SECONDS;
        return
            Windows({
                commitFrom: from,
                revealFrom: from + _commitSeconds,
                clearFrom: from + _commitSeconds + _revealSeconds,
                lapseFrom: start + SLOT_SECONDS
            });
    }

    /// @inheritdoc ISlotAuction
    function planOf(ParticipantId participant) external view returns (PlanState memory) {
        PlanWord plan = _plans[participant].word;
        return
            PlanState({
                wallet: plan.wallet(),
                slot: plan.slot(),
                sequence: plan.sequence(),
                status: _statusOf(plan),
                bonded: plan.bonded(),
                seller: plan.seller(),
                commitment: _plans[participant].commitment,
                reputation: plan.reputation(),
                count: plan.count()
            });
    }

    /// @inheritdoc ISlotAuction
    function bidOf(ParticipantId participant, uint256 index) external view returns (Bid memory bid_) {
        if (index >= MAX_ITEMS) return bid_;
        BidWord bid = _bids[_refTo(participant, index)];
        uint32 slot = SlotId.unwrap(bid.slot());
        return
            Bid({
                cores: bid.cores(),
                coreSeconds: CoreSeconds.unwrap(bid.coreSeconds()),
                energy: Wh.unwrap(bid.energy()),
                maxPrice: Price.unwrap(bid.maxPrice()),
                earliest: slot + bid.earliestOffset(),
                deadline: slot + bid.deadlineOffset(),
                priority: bid.priority()
            });
    }

    /// @inheritdoc ISlotAuction
    function offerOf(ParticipantId participant, uint256 index) public view returns (Offer memory offer) {
        if (index >= MAX_ITEMS) return offer;
        OffersWord word = _offers[_offersKey(_refTo(participant, index))];
        uint256 at = index % OffersLibrary.PER_WORD;
        return
            Offer({ price: Price.unwrap(word.price(at)), energy: Wh.unwrap(word.energy(at)), cores: word.cores(at) });
    }

    /// @inheritdoc ISlotAuction
    function entriesOf(
        SlotId slot,
        ParticipantId[] calldata bidders
    ) external view returns (BookEntry[] memory entries) {
        uint256 count;
        for (uint256 i; i < bidders.length; ++i) count += _entriesIn(slot, _plans[bidders[i]].word);
        entries = new BookEntry[](count);
        count = 0;
        for (uint256 i; i < bidders.length; ++i) {
            PlanWord plan = _plans[bidders[i]].word;
            for (uint256 index; index < _entriesIn(slot, plan); ++index) {
                entries[count++] = _entryOf(_refTo(bidders[i], index), plan);
            }
        }
    }

    /// @inheritdoc ISlotAuction
    function hashPlan(Plan calldata plan) external view returns (bytes32) {
        return _hashTypedDataV4(PlanHash.hash(plan));
    }

    /// @inheritdoc ISlotAuction
    function hashCommitment(Commitment calldata commitment) public view returns (bytes32) {
        return _hashTypedDataV4(PlanHash.hash(commitment));
    }

    /// @inheritdoc ISlotAuction
    function bonds() external view returns (uint256 buyer, uint256 seller) {
        return (_buyerBond, _sellerBond);
    }

    // ---------------------------------------------------------------- for the clearing

    /// @dev `Closed` is not stored: it is what a revealed plan is when its slot is cleared.
    function _statusOf(PlanWord plan) private view returns (PlanStatus) {
        PlanStatus status = PlanStatus(plan.status());
        return status == PlanStatus.Revealed && _isCleared(plan.slot()) ? PlanStatus.Closed : status;
    }

    /// @dev How many bids or offers a plan has in the slot's book.
    function _entriesIn(SlotId slot, PlanWord plan) internal pure returns (uint256) {
        return plan.slot() == slot && plan.status() == uint256(PlanStatus.Revealed) ? plan.count() : 0;
    }

    function _entryOf(uint256 ref, PlanWord plan) private view returns (BookEntry memory entry) {
        entry.ref = ref;
        entry.seller = plan.seller();
        entry.reputation = plan.reputation();
        entry.sequence = plan.sequence();
        if (plan.seller()) {
            OffersWord word = _offers[_offersKey(ref)];
            uint256 at = uint8(ref) % OffersLibrary.PER_WORD;
            entry.price = Price.unwrap(word.price(at));
            entry.energy = Wh.unwrap(word.energy(at));
            entry.cores = word.cores(at);
        } else {
            BidWord bid = _bids[ref];
            entry.price = Price.unwrap(bid.maxPrice());
            entry.energy = Wh.unwrap(bid.energy());
            entry.cores = bid.cores();
        }
    }

    function _isCleared(SlotId slot) private view returns (bool) {
        return _books[slot].phase() == uint256(Phase.Cleared);
    }

    /// @dev How lists name a participant's bid or offer.
    function _refTo(ParticipantId participant, uint256 index) internal pure returns (uint256) {
        return (uint256(ParticipantId.unwrap(participant)) << 8) | index;
    }

    /// @dev Where the word is that an offer is in.
    function _offersKey(uint256 ref) internal pure returns (uint256) {
        return (ref & ~uint256(0xff)) | ((ref & 0xff) / OffersLibrary.PER_WORD);
    }

    /// @dev When the slot's clearing begins, Unix time.
    function _clearFrom(SlotId slot) internal view returns (uint256) {
        unchecked {
            // The genesis is at least a slot after time 0.
            return startOf(slot) - SLOT_SECONDS + _commitSeconds + _revealSeconds;
        }
    }

    /// @dev Deposit of a participant with this reputation, basis points.
    function _depositBps(uint256 reputation) internal view returns (uint256) {
        return SettlementMath.depositBps(reputation, MAX_REPUTATION, _minDepositBps, _maxDepositBps);
    }

    /// @dev What a buyer locks for a bid: the highest payment and its deposit, micro-yuan.
    function _bidLock(Wh energy, Price maxPrice, uint256 bps) internal pure returns (uint256) {
        uint256 value = SettlementMath.amountUp(energy, maxPrice);
        unchecked {
            return value + SettlementMath.bpsUp(value, bps); // less than 2^49
        }
    }

    /// @dev [3] What a seller locks for the energy left in an offer, micro-yuan.
    function _offerLock(Wh energy, Price price, uint256 bps) internal pure returns (uint256) {
        return SettlementMath.bpsUp(SettlementMath.amountUp(energy, price), bps);
    }

    // ---------------------------------------------------------------- internals: commit

    function _commit(
        ParticipantId participant,
        Role role,
        address wallet,
        SlotId slot,
        bytes32 commitment,
        StoredPlan storage stored
    ) private {
        if (_paused) revert Paused();
        bool seller = role == Role.DataCentre;
        if (!seller && role != Role.User) revert NotATrader(participant);
        if (commitment == 0) revert EmptyCommitment();
        _requireCommitWindow(slot);
        if (seller) _meters.requireOfferable(participant);

        PlanWord plan = stored.word;
        bool bonded = plan.bonded();
        uint256 status = plan.status();
        if (status == uint256(PlanStatus.Sealed) && plan.slot() != slot) {
            // Its reveal window is over, as this slot's commit window comes after it.
            _punish(participant, plan);
            bonded = false;
        } else if (status == uint256(PlanStatus.Revealed) && _openBooks != 0 && !_isCleared(plan.slot())) {
            revert PreviousSlotUncleared(participant, plan.slot());
        }
        uint32 sequence = ++_lastSequence;
        stored.word = PlanLibrary.pack(wallet, slot, sequence, uint256(PlanStatus.Sealed), seller);
        stored.commitment = commitment;
        emit Committed(participant, slot, commitment, sequence);
        if (!bonded) {
            uint256 bond = _bondOf(seller);
            emit BondPosted(participant, bond);
            VAULT.lock(participant, bond);
        }
    }

    /// @dev The caller has written the plan's new word.
    function _punish(ParticipantId participant, PlanWord plan) private {
        uint256 bond = _bondOf(plan.seller());
        emit PlanPunished(participant, plan.slot(), bond);
        VAULT.seize(participant, bond);
        _reputation.penalizeUnopened(participant);
    }

    function _bondOf(bool seller) private view returns (uint256) {
        return seller ? _sellerBond : _buyerBond;
    }

    function _requireCommitWindow(SlotId slot) private view {
        unchecked {
            uint256 from = startOf(slot) - SLOT_SECONDS;
            _requireWindow(slot, from, from + _commitSeconds);
        }
    }

    function _requireRevealWindow(SlotId slot) private view {
        unchecked {
            uint256 until = _clearFrom(slot);
            _requireWindow(slot, until - _revealSeconds, until);
        }
    }

    function _requireWindow(SlotId slot, uint256 from, uint256 to) private view {
        if (block.timestamp < from || block.timestamp >= to) revert WrongWindow(slot, from, to, block.timestamp);
    }

    function _requireSealed(
        StoredPlan storage stored,
        ParticipantId participant,
        SlotId slot
    ) private view returns (PlanWord plan) {
        plan = stored.word;
        if (plan.status() != uint256(PlanStatus.Sealed) || plan.slot() != slot) {
            revert NothingSealed(participant, slot, _statusOf(plan));
        }
    }

    /// @dev A custom error is never empty, but running out of gas is: then the relayer must send more, or the bidder would be
    /// left out by its choice of gas.
    function _skip(uint256 index, bytes memory reason) private {
        if (reason.length == 0) revert BatchOutOfGas(index);
        emit Skipped(index, reason);
    }

    // ---------------------------------------------------------------- internals: reveal

    function _reveal(Plan calldata plan, bytes32 structHash, address wallet) private {
        ParticipantId participant = ParticipantId.wrap(plan.bidder);
        SlotId slot = SlotId.wrap(plan.slot);
        StoredPlan storage stored = _plans[participant];
        PlanWord word = _requireSealed(stored, participant, slot);
        _requireRevealWindow(slot);
        // After a rotation either wallet may reveal what the old one committed to.
        if (wallet != word.wallet() && _bindings[wallet].requireKnown(wallet) != participant) {
            revert NotBidder(participant, wallet);
        }
        bytes32 digest = _hashTypedDataV4(structHash);
        bytes32 commitment = stored.commitment;
        if (digest != commitment) revert CommitmentMismatch(participant, commitment, digest);

        Bid[] calldata bids = plan.bids;
        Offer[] calldata offers = plan.offers;
        uint256 count;
        unchecked {
            count = bids.length + offers.length; // calldata has not so much room
        }
        if (count == 0 || count > MAX_ITEMS || (word.seller() ? bids.length : offers.length) != 0) {
            revert InvalidPlan(participant, bids.length, offers.length);
        }
        uint256 reputation = VAULT.reputationOf(participant);
        bool funded =
            word.seller()
                ? _revealOffers(participant, offers, plan.salt, word, reputation)
                : _revealBids(participant, bids, plan.salt, word, reputation);
        if (!funded) return;
        stored.word = word.revealed(uint256(PlanStatus.Revealed), reputation, count);
        emit Revealed(participant, slot, plan.salt);
    }

    function _revealBids(
        ParticipantId participant,
        Bid[] calldata bids,
        bytes32 salt,
        PlanWord word,
        uint256 reputation
    ) private returns (bool) {
        SlotId slot = word.slot();
        PackedBids memory packed = _packBids(bids, slot, reputation, word.sequence());
        if (!_fund(participant, word, packed.needed)) return false;
        for (uint256 i; i < bids.length; ++i) _bids[_refTo(participant, i)] = packed.words[i];
        BookWord book = _book(slot).addBids(bids.length, packed.leastEnergy, packed.fewestCores);
        _books[slot] = book.addSalt(salt);
        return true;
    }

    function _revealOffers(
        ParticipantId participant,
        Offer[] calldata offers,
        bytes32 salt,
        PlanWord word,
        uint256 reputation
    ) private returns (bool) {
        (OffersWord[] memory packed, uint256 needed) = _packOffers(offers, reputation);
        if (!_fund(participant, word, needed)) return false;
        for (uint256 i; i < packed.length; ++i) _offers[_refTo(participant, i)] = packed[i];
        SlotId slot = word.slot();
        _books[slot] = _book(slot).addOffers(offers.length).addSalt(salt);
        return true;
    }

    /// @dev The slot's book; the first plan opens it.
    function _book(SlotId slot) private returns (BookWord book) {
        book = _books[slot];
        if (BookWord.unwrap(book) == 0) ++_openBooks;
    }

    /// @dev Locks what the plan needs. A plan that cannot be funded is dropped.
    function _fund(ParticipantId participant, PlanWord word, uint256 needed) private returns (bool) {
        if (VAULT.tryLock(participant, needed)) return true;
        uint256 bond = _bondOf(word.seller());
        _plans[participant].word = word.withStatus(uint256(PlanStatus.Dropped)).withoutBond();
        emit PlanDropped(participant, word.slot(), needed, bond);
        VAULT.seize(participant, bond);
        return false;
    }

    function _packBids(
        Bid[] calldata bids,
        SlotId slot,
        uint256 reputation,
        uint256 sequence
    ) private view returns (PackedBids memory packed) {
        uint256 count = bids.length;
        uint256 bps = _depositBps(reputation);
        packed.words = new BidWord[](count);
        packed.leastEnergy = type(uint32).max;
        packed.fewestCores = type(uint16).max;
        for (uint256 i; i < count; ++i) {
            Bid memory bid = bids[i];
            _checkBid(i, bid, SlotId.unwrap(slot));
            uint256 value = SettlementMath.amountUp(Wh.wrap(bid.energy), Price.wrap(bid.maxPrice));
            if (value > MAX_VALUE) revert ValueTooLarge(i, value);
            unchecked {
                packed.needed += value + SettlementMath.bpsUp(value, bps); // 16 values of less than 2^49
            }
            if (bid.energy < packed.leastEnergy) packed.leastEnergy = bid.energy;
            if (bid.cores < packed.fewestCores) packed.fewestCores = bid.cores;
            packed.words[i] = BidLibrary.pack(bid, slot, reputation, sequence);
        }
    }

    /// @return words the offers, packed
    /// @return needed what they lock, micro-yuan
    function _packOffers(
        Offer[] calldata offers,
        uint256 reputation
    ) private view returns (OffersWord[] memory words, uint256 needed) {
        uint256 count = offers.length;
        uint256 bps = _depositBps(reputation);
        words = new OffersWord[]((count + OffersLibrary.PER_WORD - 1) / OffersLibrary.PER_WORD);
        uint256 i;
        unchecked {
            for (uint256 n; n < words.length; ++n) {
                OffersWord word = OffersLibrary.pack(reputation, n + 1 < words.length);
                for (uint256 at; at < OffersLibrary.PER_WORD && i < count; ++at) {
                    (Price price, Wh energy, uint256 cores) = _checkOffer(i, offers[i]);
                    uint256 value = SettlementMath.amountUp(energy, price);
                    if (value > MAX_VALUE) revert ValueTooLarge(i, value);
                    needed += SettlementMath.bpsUp(value, bps); // 16 values of less than 2^48
                    word = word.add(at, price, energy, cores);
                    ++i;
                }
                words[n] = word;
            }
        }
    }

    function _checkOffer(
        uint256 index,
        Offer calldata offer
    ) private pure returns (Price price, Wh energy, uint256 cores) {
        price = Price.wrap(offer.price);
        energy = Wh.wrap(offer.energy);
        cores = offer.cores;
        if (Price.unwrap(price) == 0 || Wh.unwrap(energy) == 0 || cores == 0) revert InvalidOffer(index);
    }

    function _checkBid(uint256 index, Bid memory bid, uint256 slot) private view {
        bool zero = bid.cores == 0 || bid.coreSeconds == 0 || bid.energy == 0 || bid.maxPrice == 0;
        bool reversed = bid.earliest < slot || bid.deadline < bid.earliest;
        if (zero || reversed) revert InvalidBid(index);
        unchecked {
            // In order, so that no difference is negative; 16, 33 and 32 bits multiply to less than 2^256.
            uint256 slots = uint256(bid.deadline) - bid.earliest + 1;
            bool tooLong = bid.deadline - slot > type(uint16).max;
            if (tooLong || bid.coreSeconds > bid.cores * slots * SLOT_SECONDS) revert InvalidBid(index);
        }
    }
}
