"""Cases of the lowest layer: which bytes are a document, and which of its byte forms is the canonical one."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.cases import Case, sha256

# name, title, input, canonical form
READ = (
    ("empty-object", "the smallest object", b" { } ", b"{}"),
    ("root-null", "a document may be any JSON value", b"null", b"null"),
    ("root-text", "a document may be any JSON value", b'"text"', b'"text"'),
    (
        "whitespace",
        "the four white space characters of JSON vanish",
        b'\t{\r\n "a" :\t[ 1 , true , null ] }\n',
        b'{"a":[1,true,null]}',
    ),
    (
        "order-ascii",
        "names are ordered by code unit: digits, capitals, small letters; a prefix comes first",
        b'{"b":1,"a":2,"A":3,"":4,"aa":5,"1":6,"_":7}',
        b'{"":4,"1":6,"A":3,"_":7,"a":2,"aa":5,"b":1}',
    ),
    (
        "order-numbers",
        "names that look like numbers are ordered as text",
        b'{"10":1,"9":2,"1":3,"-1":4}',
        b'{"-1":4,"1":3,"10":1,"9":2}',
    ),
    (
        "order-astral",
        "names are ordered by UTF-16 code units: U+1F600 (D83D DE00) comes before U+FB33 and U+FFFF",
        '{"\uffff":1,"\ufb33":2,"\U0001f600":3,"\ud7ff":4,"z":5}'.encode(),
        '{"z":5,"\ud7ff":4,"\U0001f600":3,"\ufb33":2,"\uffff":1}'.encode(),
    ),
    (
        "order-controls",
        "names are ordered by what they are, not by how they are escaped",
        rb'{"\u0080":1,"\r":2,"\u20ac":3,"\"":4,"\u00f6":5,"\u0000":6}',
        '{"\\u0000":6,"\\r":2,"\\"":4,"\x80":1,"\u00f6":5,"\u20ac":3}'.encode(),
    ),
    (
        "order-nested",
        "objects are ordered at every level, arrays never",
        b'[{"b":{"y":1,"x":[3,1,2]},"a":[]},"b","a"]',
        b'[{"a":[],"b":{"x":[3,1,2],"y":1}},"b","a"]',
    ),
    (
        "names-of-javascript",
        "names that mean something to a language are names like any other",
        b'{"toString":1,"__proto__":{"b":1,"a":2},"constructor":3}',
        b'{"__proto__":{"a":2,"b":1},"constructor":3,"toString":1}',
    ),
    (
        "escapes-needed",
        "controls, quotation mark and backslash are escaped, with the short escape where there is one",
        rb'"\u0000\u0001\u0008\u0009\u000a\u000b\u000c\u000d\u001F\u0022\u005C"',
        rb'"\u0000\u0001\b\t\n\u000b\f\r\u001f\"\\"',
    ),
    (
        "escapes-needless",
        "nothing else is escaped: slash, delete, line separators, letters",
        rb'"\/\u002f\u007F\u2028\u2029\u0041\u00e9\uFEFF"',
        '"//\x7f\u2028\u2029A\u00e9\ufeff"'.encode(),
    ),
    ("escapes-astral", "a surrogate pair is one character", rb'"\ud83d\uDE00"', '"\U0001f600"'.encode()),
    (
        "not-normalised",
        "text is not normalised: both forms of an accented letter are names of their own",
        rb'{"\u00e9":1,"e\u0301":2}',
        '{"e\u0301":2,"\u00e9":1}'.encode(),
    ),
    (
        "noncharacters",
        "code points that name no character are text",
        rb'"\uffff\ufdd0"',
        '"\uffff\ufdd0"'.encode(),
    ),
    (
        "integers",
        "integers up to 2^53-1 on both sides of zero",
        b"[0,-0,1,-1,9007199254740991,-9007199254740991]",
        b"[0,0,1,-1,9007199254740991,-9007199254740991]",
    ),
    (
        "integers-in-disguise",
        "a number without fraction is written as an integer",
        b"[1.0,1e2,-0.0,12.50e1,9007199254740991.0]",
        b"[1,100,0,125,9007199254740991]",
    ),
    (
        "fractions",
        "the shortest digits that give the same double",
        b"[4.50,0.1,333333333.33333329,1.10E-1,0.30000000000000004,-2.5,100.125]",
        b"[4.5,0.1,333333333.3333333,0.11,0.30000000000000004,-2.5,100.125]",
    ),
    (
        "exponents",
        "an exponent below 1e-6 and from 1e21 on",
        b"[0.000001,0.0000001,1e21,1E30,5e-324,1.7976931348623157e308,2.2250738585072014e-308]",
        b"[0.000001,1e-7,1e+21,1e+30,5e-324,1.7976931348623157e+308,2.2250738585072014e-308]",
    ),
    ("depth-64", "64 levels below the root", b"[" * 65 + b"]" * 65, b"[" * 65 + b"]" * 65),
)

# name, rule, title, input
REFUSED = (
    ("duplicate", "json-duplicate", "a name twice", b'{"a":1,"a":2}'),
    ("duplicate-same", "json-duplicate", "a name twice with the same value", b'{"a":1,"a":1}'),
    ("duplicate-nested", "json-duplicate", "a name twice, below", b'[{"x":{"a":1,"b":2,"a":3}}]'),
    ("duplicate-escaped", "json-duplicate", "a name twice, once escaped", rb'{"a":1,"\u0061":2}'),
    ("nan", "json-syntax", "NaN", b"[NaN]"),
    ("infinity", "json-syntax", "Infinity", b"[Infinity]"),
    ("infinity-negative", "json-syntax", "-Infinity", b"[-Infinity]"),
    ("integer-2-53", "json-number", "2^53", b"[9007199254740992]"),
    ("integer-minus-2-53", "json-number", "-2^53", b"[-9007199254740992]"),
    ("integer-long", "json-number", "an integer of 400 digits", b"[" + b"9" * 400 + b"]"),
    ("integer-2-53-fraction", "json-number", "2^53 in disguise", b"[9007199254740992.0]"),
    ("integer-1e20", "json-number", "1e20, whose canonical form is an integer", b"[1e20]"),
    ("overflow", "json-number", "a number that no double holds", b"[1e400]"),
    ("surrogate-high", "json-surrogate", "a high surrogate alone", rb'["\ud83d"]'),
    ("surrogate-low", "json-surrogate", "a low surrogate alone", rb'["\ude00"]'),
    ("surrogate-swapped", "json-surrogate", "a pair in the wrong order", rb'["\ude00\ud83d"]'),
    ("surrogate-name", "json-surrogate", "a lone surrogate in a name", rb'{"\ud800":1}'),
    ("surrogate-raw", "json-utf8", "a surrogate as three raw bytes", b'["\xed\xa0\xbd"]'),
    ("surrogate-raw-pair", "json-utf8", "a pair as six raw bytes (CESU-8)", b'["\xed\xa0\xbd\xed\xb8\x80"]'),
    ("utf8-overlong", "json-utf8", "an overlong NUL", b'["\xc0\x80"]'),
    ("utf8-cut", "json-utf8", "a sequence that is cut short", b'["\xe2\x82"]'),
    ("utf8-beyond", "json-utf8", "a code point beyond U+10FFFF", b'["\xf4\x90\x80\x80"]'),
    ("utf8-latin1", "json-utf8", "Latin-1", b'["\xe9"]'),
    ("utf16", "json-utf8", "UTF-16 with a byte order mark", '{"a":1}'.encode("utf-16")),
    ("bom", "json-syntax", "a byte order mark", b'\xef\xbb\xbf{"a":1}'),
    ("empty", "json-syntax", "no bytes", b""),
    ("blank", "json-syntax", "white space only", b" \n"),
    ("trailing-value", "json-syntax", "two values", b"{}{}"),
    ("trailing-nul", "json-syntax", "a NUL after the value", b"{}\x00"),
    ("trailing-comma", "json-syntax", "a comma too many", b'{"a":1,}'),
    ("cut-short", "json-syntax", "a document that is cut short", b'{"a":[1,'),
    ("comment", "json-syntax", "a comment", b'{"a":1/* one */}'),
    ("single-quotes", "json-syntax", "text in single quotes", b"{'a':1}"),
    ("bare-name", "json-syntax", "a name without quotation marks", b"{a:1}"),
    ("capital-true", "json-syntax", "True", b"[True]"),
    ("leading-zero", "json-syntax", "an integer with a leading zero", b"[01]"),
    ("plus-sign", "json-syntax", "a number with a plus sign", b"[+1]"),
    ("no-digit-before", "json-syntax", "a number without an integer part", b"[.5]"),
    ("no-digit-after", "json-syntax", "a number that ends with its point", b"[1.]"),
    ("hexadecimal", "json-syntax", "a hexadecimal number", b"[0x10]"),
    ("raw-control", "json-syntax", "a line feed inside a text", b'["a\nb"]'),
    ("escape-unknown", "json-syntax", "an escape that JSON does not have", rb'["\x41"]'),
    ("escape-short", "json-syntax", "a \\u escape with two digits", rb'["\u41"]'),
    ("space-unknown", "json-syntax", "a no-break space between values", b"[1,\xc2\xa02]"),
    ("depth-65", "json-depth", "65 levels below the root", b"[" * 66 + b"]" * 66),
    ("depth-65-objects", "json-depth", "65 levels of objects", b'{"a":' * 65 + b"1" + b"}" * 65),
    (
        "depth-20000",
        "json-depth",
        "20,000 levels, which must not crash a reader",
        b"[" * 20000 + b"]" * 20000,
    ),
)

# name, title, input
NOT_CANONICAL = (
    ("space", "a space after a colon", b'{"a": 1}'),
    ("space-between", "a space after a comma", b"[1, 2]"),
    ("line-end", "a line end after the document", b'{"a":1}\n'),
    ("order", "names out of order", b'{"b":1,"a":2}'),
    ("order-code-points", "names in the order of code points", '{"\ufb33":1,"\U0001f600":2}'.encode()),
    ("escape-needless", "an escaped letter", rb'["\u0041"]'),
    ("escape-slash", "an escaped slash", rb'["\/"]'),
    ("escape-long", "a long escape where there is a short one", rb'["\u000a"]'),
    ("escape-capitals", "an escape with capital digits", rb'["\u001F"]'),
    ("escape-not-ascii", "an escaped letter outside ASCII", rb'["\u00e9"]'),
    ("escape-astral", "an escaped surrogate pair", rb'["\ud83d\ude00"]'),
    ("minus-zero", "minus zero", b"[-0]"),
    ("fraction-zero", "an integer with a fraction", b"[1.0]"),
    ("fraction-digits", "a fraction with a digit too many", b"[2.50]"),
    ("exponent", "an integer with an exponent", b"[1e2]"),
    ("exponent-form", "an exponent without its sign", b"[1e21]"),
)


def cases() -> Iterator[Case]:
    for name, title, data, form in READ:
        yield Case(f"json-{name}", "json", title, {"input.json": data}, canonical=form, digest=sha256(form))
        yield Case(
            f"canonical-{name}",
            "canonical",
            f"canonical form: {title}",
            {"input.json": form},
            digest=sha256(form),
        )
    for name, rule, title, data in REFUSED:
        yield Case(f"json-{name}", "json", title, {"input.json": data}, rule)
    for name, title, data in NOT_CANONICAL:
        yield Case(f"canonical-{name}", "canonical", title, {"input.json": data}, "canonical-form")
    yield Case(
        "canonical-duplicate", "canonical", "a name twice", {"input.json": b'{"a":1,"a":1}'}, "json-duplicate"
    )
