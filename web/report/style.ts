/** How a report looks, on screens and on paper. */
export const STYLE = `
:root{color-scheme:light;--ink:#1b2330;--soft:#5b6675;--rule:#d8dee6;--paper:#fff;--link:#0b5cad}
*{box-sizing:border-box}
body{margin:0;background:#f2f4f7;color:var(--ink);font:15px/1.5 Inter,system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main{max-width:68rem;margin:0 auto;padding:1.5rem}
header{padding-bottom:0}
h1{font-size:1.9rem;line-height:1.2;margin:0}
h2{font-size:1.25rem;margin:0 0 .75rem}
h3{font-size:1.05rem;margin:0 0 .25rem;overflow-wrap:anywhere}
section{background:var(--paper);border:1px solid var(--rule);border-radius:8px;padding:1.25rem;margin-bottom:1.25rem}
article{border-top:1px solid var(--rule);padding:1rem 0}
article:first-of-type{border-top:0;padding-top:0}
p{margin:.3rem 0}
a{color:var(--link)}
.meta{color:var(--soft);font-size:.85rem}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;list-style:none;padding:0;margin:1rem 0 0}
.tile{border:1px solid var(--rule);border-left:6px solid var(--c);border-radius:6px;padding:.4rem .9rem;min-width:8rem}
.tile b{display:block;font-size:1.5rem;line-height:1.2}
.critical{--c:#a3123a}.high{--c:#d4460b}.medium{--c:#b07a00}.low{--c:#2b6cb0}.informational{--c:#64748b}
.chip{display:inline-block;white-space:nowrap;background:var(--c);color:#fff;border-radius:4px;padding:0 .45rem;font-size:.8rem;font-weight:600;text-transform:capitalize}
.chain{display:flex;flex-wrap:wrap;gap:.35rem;list-style:none;padding:0;margin:.5rem 0}
.chain li{background:#eef2f7;border:1px solid var(--rule);border-radius:4px;padding:.05rem .5rem;font-size:.85rem}
.chain li+li::before{content:"\\2192";margin-right:.5rem;color:var(--soft)}
.line{display:block;width:100%;height:44px}
.line line{stroke:var(--rule);stroke-width:2}
.line circle{fill:var(--c);stroke:#fff;stroke-width:2}
.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:.8rem;margin:0 0 .5rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}
th{font-size:.85rem;color:var(--soft);white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.t{width:11rem;font-variant-numeric:tabular-nums}
.bars th{width:14rem}.bars svg{width:100%;height:.9rem;display:block}.bars rect{fill:#2b6cb0}
details{margin-top:.3rem}
summary{cursor:pointer;font-size:.85rem;color:var(--soft)}
pre{background:#f6f8fa;border:1px solid var(--rule);border-radius:4px;padding:.5rem;margin:.3rem 0 0;font:12px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
@media screen and (max-width:40rem){header,main{padding:.75rem}section{padding:.9rem}
 table:has(td.t) thead{display:none}table:has(td.t) tr{display:block;border-bottom:1px solid var(--rule);padding:.4rem 0}
 table:has(td.t) td{display:block;width:auto;border:0;padding:.1rem 0}}
@page{size:A4;margin:14mm 12mm 16mm;@bottom-right{content:counter(page) " / " counter(pages);font:8pt system-ui,sans-serif;color:#5b6675}}
@media print{
 body{background:#fff;font-size:8.5pt;line-height:1.35}
 header,main{max-width:none;padding:0}
 h1{font-size:15pt}h2{font-size:11.5pt;margin:0 0 .3rem}h3{font-size:10pt}
 section{border:0;padding:0;border-radius:0;margin-bottom:.7rem}
 article{padding:.4rem 0}
 th,td{padding:.18rem .4rem .18rem 0}
 .tiles{gap:.4rem;margin:.4rem 0 0}.tile{padding:.1rem .6rem;min-width:0}.tile b{display:inline;font-size:11pt}
 .chip{font-size:7pt;padding:0 .3rem}.meta,.axis,th,summary{font-size:7.5pt}
 .line{height:26px}.t{width:17mm}.chain{gap:.15rem;margin:.2rem 0}.chain li{font-size:7.5pt}
 h2,h3,summary{break-after:avoid}tr,.tile{break-inside:avoid}thead{display:table-header-group}
 a{color:inherit;text-decoration:none}
 .chip,.tile,.line circle,.bars rect{-webkit-print-color-adjust:exact;print-color-adjust:exact}
 pre{font-size:6.8pt;line-height:1.3;padding:.2rem .35rem;margin:.1rem 0 0}
 .more{display:none}
}
`;
