/** Turns an answer into a page, in the browser; without scripts, and without anything from elsewhere. */
export const stylesheet = `<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
  xmlns:oai="http://www.openarchives.org/OAI/2.0/" exclude-result-prefixes="oai">
<xsl:output method="html" encoding="UTF-8"/>
<xsl:template match="/oai:OAI-PMH">
<html lang="en"><head><title>OAI-PMH</title>
<style>body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
dt{font-weight:bold}pre{white-space:pre-wrap;background:#f3f3f3;padding:.5em}
nav a{margin-right:1em}section{border-top:1px solid #ccc;padding:.5em 0}</style></head>
<body><h1>OAI-PMH 2.0</h1>
<p>This is an interface for harvesters. What it says is shown here for people.</p>
<nav><a href="?verb=Identify">Identify</a><a href="?verb=ListMetadataFormats">Formats</a>
<a href="?verb=ListSets">Sets</a><a href="?verb=ListIdentifiers&amp;metadataPrefix=oai_dc">Identifiers</a>
<a href="?verb=ListRecords&amp;metadataPrefix=oai_dc">Records</a></nav>
<p>Answered at <xsl:value-of select="oai:responseDate"/>.</p>
<xsl:apply-templates select="*[not(self::oai:responseDate or self::oai:request)]"/>
</body></html>
</xsl:template>
<xsl:template match="oai:error"><p><strong><xsl:value-of select="@code"/></strong>: <xsl:value-of select="."/></p></xsl:template>
<xsl:template match="oai:Identify"><dl><xsl:for-each select="*[not(self::oai:description)]">
<dt><xsl:value-of select="local-name()"/></dt><dd><xsl:value-of select="."/></dd></xsl:for-each></dl></xsl:template>
<xsl:template match="oai:metadataFormat"><section><strong><xsl:value-of select="oai:metadataPrefix"/></strong>
<div><xsl:value-of select="oai:metadataNamespace"/></div></section></xsl:template>
<xsl:template match="oai:set"><section><a href="?verb=ListIdentifiers&amp;metadataPrefix=oai_dc&amp;set={oai:setSpec}">
<xsl:value-of select="oai:setName"/></a></section></xsl:template>
<xsl:template match="oai:header"><section><strong><xsl:value-of select="oai:identifier"/></strong>
<xsl:if test="@status"> (withdrawn)</xsl:if><div><xsl:value-of select="oai:datestamp"/></div>
<div><xsl:for-each select="oai:setSpec"><xsl:value-of select="."/><xsl:text> </xsl:text></xsl:for-each></div></section></xsl:template>
<xsl:template match="oai:metadata"><pre><xsl:for-each select=".//*[not(*)]"><xsl:value-of select="local-name()"/>
<xsl:text>: </xsl:text><xsl:value-of select="."/><xsl:text>&#10;</xsl:text></xsl:for-each></pre></xsl:template>
<xsl:template match="oai:resumptionToken"><xsl:if test=". != ''">
<p><a href="?verb={local-name(..)}&amp;resumptionToken={.}">Next page</a></p></xsl:if></xsl:template>
</xsl:stylesheet>
`;
