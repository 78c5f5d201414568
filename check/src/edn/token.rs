//! The words of a text: numbers, symbols, keywords, characters.

use super::{Edn, Problem};

/// What ends a word.
pub(super) fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '"' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '\\')
}

/// The number, symbol or keyword at the beginning of `text`, and its length.
pub(super) fn word(text: &str) -> Result<(Edn, usize), Problem> {
    let end = text.find(ends_word).unwrap_or(text.len());
    let word = &text[..end];
    if word.is_empty() {
        return Err(text
            .chars()
            .next()
            .map_or(Problem::Unfinished("a value"), Problem::Unexpected));
    }
    let value = match word {
        "nil" => Edn::Nil,
        "true" => Edn::Bool(true),
        "false" => Edn::Bool(false),
        _ => {
            let value = match word.strip_prefix(':') {
                Some(name) => is_name(name).then(|| Edn::Keyword(name.to_owned())),
                None if begins_number(word) => number(word),
                None => is_symbol(word).then(|| Edn::Symbol(word.to_owned())),
            };
            value.ok_or_else(|| Problem::BadWord(word.to_owned()))?
        }
    };
    Ok((value, end))
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || ".*+!-_?$%&=<>#:'|/".contains(c)
}

/// One slash at most, and then with something on both sides of it, or alone.
fn is_name(name: &str) -> bool {
    let slashes = name.matches('/').count();
    let split = slashes == 0 || (slashes == 1 && !name.starts_with('/') && !name.ends_with('/'));
    !name.is_empty() && !name.starts_with(':') && name.chars().all(is_name_char) && split
}

fn is_symbol(word: &str) -> bool {
    word == "/" || (is_name(word) && !word.starts_with(['#', '\'']))
}

fn begins_number(word: &str) -> bool {
    word.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
        && word.len() - word.trim_start_matches(['+', '-']).len() <= 1
}

fn number(word: &str) -> Option<Edn> {
    let (negative, digits) = match word.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        let all = !hex.is_empty() && hex.chars().all(|c| c.is_ascii_hexdigit());
        let value = i128::from_str_radix(hex, 16).ok().filter(|_| all)?;
        return Some(Edn::Integer(if negative { -value } else { value }));
    }
    let whole = digits.strip_suffix('N').unwrap_or(digits);
    if is_integer(whole) {
        let signed = if negative { format!("-{whole}") } else { whole.to_owned() };
        return Some(signed.parse().map_or(Edn::Number(signed), Edn::Integer));
    }
    if let Some((over, under)) = digits.split_once('/') {
        let ratio = is_integer(over) && is_integer(under) && under != "0";
        return ratio.then(|| Edn::Number(word.trim_start_matches('+').to_owned()));
    }
    let decimal = digits.strip_suffix('M').unwrap_or(digits);
    if !is_decimal(decimal) {
        return None;
    }
    if decimal.len() < digits.len() {
        return Some(Edn::Number(word.trim_start_matches('+').to_owned()));
    }
    word.parse().ok().map(Edn::Float)
}

/// Digits, the first of which is no 0 unless it is alone.
fn is_integer(digits: &str) -> bool {
    !digits.is_empty()
        && digits.bytes().all(|c| c.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

/// An integer, perhaps with a fraction, perhaps with an exponent.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) =
        text.split_once(['e', 'E']).map_or((text, None), |(mantissa, e)| (mantissa, Some(e)));
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(whole, f)| (whole, Some(f)));
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let exponent = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    is_integer(whole) && fraction.is_none_or(digits) && exponent
}

/// The character at the beginning of `text`, which begins with a backslash, and its length.
pub(super) fn character(text: &str) -> Result<(char, usize), Problem> {
    let mut chars = text[1..].chars();
    let Some(first) = chars.next() else { return Err(Problem::Unfinished("a character")) };
    // The first belongs to it whatever it is: `\[` is a bracket.
    let more = chars.as_str().find(ends_word).unwrap_or(chars.as_str().len());
    let length = 1 + first.len_utf8() + more;
    let name = &text[1..length];
    let char = match name {
        "newline" => '\n',
        "return" => '\r',
        "space" => ' ',
        "tab" => '\t',
        "formfeed" => '\u{c}',
        "backspace" => '\u{8}',
        _ if more == 0 => first,
        _ => {
            let hex = name.strip_prefix('u').filter(|hex| hex.len() == 4);
            let char = hex.and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
            char.ok_or_else(|| Problem::BadCharacter(text[..length].to_owned()))?
        }
    };
    Ok((char, length))
}

/// What the escape sequence at the beginning of `text` stands for, and its length.
pub(super) fn escape(text: &str) -> Result<(char, usize), Problem> {
    let second = text[1..].chars().next().unwrap_or_default();
    let bad = |length: usize| Problem::BadCharacter(text.chars().take(length).collect());
    let char = match second {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '\\' | '"' => second,
        'u' => return unicode(text).ok_or_else(|| bad(6)),
        // As Java has it: up to three octal digits.
        '0'..='7' => {
            let digits: String = text[1..].chars().take(3).take_while(|c| c.is_digit(8)).collect();
            let code = u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32);
            return code.map(|char| (char, 1 + digits.len())).ok_or_else(|| bad(4));
        }
        _ => return Err(bad(2)),
    };
    Ok((char, 2))
}

/// `\uXXXX`, or two of them that together are one character beyond 16 bits.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let first = unit(text)?;
    if let Some(char) = char::from_u32(u32::from(first)) {
        return Some((char, 6));
    }
    let second = unit(text.get(6..)?)?;
    char::decode_utf16([first, second]).next()?.ok().map(|char| (char, 12))
}
