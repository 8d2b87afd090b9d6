// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { AccountLibrary, AccountWord } from "../../contracts/types/AccountWord.sol";
import { WordTest } from "./WordTest.sol";

contract AccountWordTest is WordTest {
    uint256 private constant MOST = type(uint112).max;

    function testANewcomersWordIsEmpty() external pure {
        AccountWord account = AccountWord.wrap(0);
        require(account.available() == 0 && account.locked() == 0 && account.reputation() == 5000, "newcomer");
        require(AccountLibrary.MAX_AMOUNT == MOST, "most");
    }

    function testFuzz_AccountIsReadFromItsPlaces(uint256 word) external pure {
        word = _random(word);
        AccountWord account = AccountWord.wrap(word);
        require(account.available() == word % 2 ** 112, "available");
        require(account.locked() == (word >> 112) % 2 ** 112, "locked");
        require(account.reputation() == ((word >> 224) + 5000) % 2 ** 16, "reputation");
    }

    function testFuzz_MoneyMoves(uint112 available, uint112 locked, uint16 reputation, uint112 amount) external pure {
        // Together at most what a vault can hold.
        available /= 2;
        locked /= 2;
        AccountWord account = _account(available, locked, reputation);
        _requireAccount(account, available, locked, reputation);

        uint256 more = uint256(amount) % (MOST - available + 1);
        _requireAccount(account.credit(more), available + more, locked, reputation);
        uint256 some = uint256(amount) % (uint256(available) + 1);
        _requireAccount(account.debit(some), available - some, locked, reputation);
        _requireAccount(account.lock(some), available - some, locked + some, reputation);
        some = uint256(amount) % (uint256(locked) + 1);
        _requireAccount(account.spend(some), available, locked - some, reputation);
        _requireAccount(account.unlock(some), available + some, locked - some, reputation);
    }

    function testAllOfItMoves() external pure {
        AccountWord account = AccountWord.wrap(0).withReputation(10_000);
        account = account.credit(MOST);
        _requireAccount(account, MOST, 0, 10_000);
        account = account.lock(MOST);
        _requireAccount(account, 0, MOST, 10_000);
        _requireAccount(account.unlock(MOST), MOST, 0, 10_000);
        _requireAccount(account.spend(MOST), 0, 0, 10_000);
        _requireAccount(account.unlock(MOST).debit(MOST), 0, 0, 10_000);
    }

    function testFuzz_ReputationIsReplaced(uint256 word, uint16 reputation) external pure {
        word = _random(word);
        AccountWord account = AccountWord.wrap(word).withReputation(reputation);
        require(account.reputation() == reputation, "reputation");
        require(AccountWord.unwrap(account) % 2 ** 224 == word % 2 ** 224, "money");
    }

    function testTheBoundsOfReputation() external pure {
        AccountWord full = _account(MOST, MOST, 0);
        _requireAccount(full, MOST, MOST, 0);
        _requireAccount(full.withReputation(10_000), MOST, MOST, 10_000);
        require(AccountWord.unwrap(AccountWord.wrap(0).withReputation(5000)) == 0, "the initial one");
    }

    function _account(uint256 available, uint256 locked, uint256 reputation) private pure returns (AccountWord) {
        return AccountWord.wrap(available | (locked << 112)).withReputation(reputation);
    }

    function _requireAccount(AccountWord account, uint256 available, uint256 locked, uint256 reputation) private pure {
        require(account.available() == available, "available");
        require(account.locked() == locked, "locked");
        require(account.reputation() == reputation, "reputation");
    }
}
