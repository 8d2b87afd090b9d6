// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { INITIAL_REPUTATION } from "../interfaces/IReputation.sol";

/// @notice A participant's account in one word, from the lowest bit: available money 112, locked money 112, reputation 16 as
/// distance from the initial one (so that a newcomer's word is 0), which is read and written together with the money.
/// @dev The caller makes sure that there is as much as it takes. Nothing overflows, because the vault as a whole never
/// holds more than 112 bits.
type AccountWord is uint256;

using AccountLibrary for AccountWord global;

/// @title AccountLibrary
library AccountLibrary {
    /// @notice The most that a vault can hold, micro-yuan.
    uint256 internal constant MAX_AMOUNT = type(uint112).max;

    uint256 private constant LOCKED = 112;
    uint256 private constant REPUTATION = 224;

    function available(AccountWord word) internal pure returns (uint256) {
        return uint112(AccountWord.unwrap(word));
    }

    function locked(AccountWord word) internal pure returns (uint256) {
        return uint112(AccountWord.unwrap(word) >> LOCKED);
    }

    function reputation(AccountWord word) internal pure returns (uint256) {
        unchecked {
            // Adding modulo 2^16 undoes the subtraction of `withReputation`.
            return uint16((AccountWord.unwrap(word) >> REPUTATION) + INITIAL_REPUTATION);
        }
    }

    /// @dev Adds to what is available.
    function credit(AccountWord word, uint256 amount) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) + amount);
        }
    }

    /// @dev Takes from what is available.
    function debit(AccountWord word, uint256 amount) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) - amount);
        }
    }

    /// @dev Takes from what is locked.
    function spend(AccountWord word, uint256 amount) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) - (amount << LOCKED));
        }
    }

    function lock(AccountWord word, uint256 amount) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) - amount + (amount << LOCKED));
        }
    }

    function unlock(AccountWord word, uint256 amount) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) + amount - (amount << LOCKED));
        }
    }

    function withReputation(AccountWord word, uint256 reputation_) internal pure returns (AccountWord) {
        unchecked {
            uint256 change = uint16(reputation_ - INITIAL_REPUTATION);
            uint256 money = AccountWord.unwrap(word) & ((1 << REPUTATION) - 1);
            return AccountWord.wrap(money | (change << REPUTATION));
        }
    }
}
